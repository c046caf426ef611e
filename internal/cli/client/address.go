package client

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// Local is the default address of a server on this machine.
const Local = "http://127.0.0.1:8080"

// OnThisMachine reports whether the address can only be an address of this machine.
func OnThisMachine(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// OwnServer returns the address of the server on this machine that this person has named; "" if none.
func OwnServer() string {
	if p, err := chosen(); err == nil && OnThisMachine(p.Base) {
		return p.Base
	}
	return ""
}

// DoctorLine returns the command that says what is wrong with the server at base.
func DoctorLine(base string) string { return "parley doctor --url " + base }

// StartIt says what helps if no program listens at an address of this machine. It names no command: a server that is
// started with another file than before does not know the seats of this person.
const StartIt = "start it as before, with the same --data, or a first one, or give another address with --url or in " +
	URLEnv + "; see parley --help"

// Server returns the server that this person uses: from PARLEY_URL, else the saved server, else the default on this
// machine.
func Server() (Place, error) {
	place, err := chosen()
	if err == nil && place.Base == "" {
		place.Base = Local
	}
	return place, err
}

// chosen returns the server that this person has chosen; the zero Place if none.
func chosen() (Place, error) {
	if given := os.Getenv(URLEnv); given != "" {
		place, err := ParsePlace(given)
		if err != nil {
			return Place{}, fmt.Errorf("%s: %w", URLEnv, err)
		}
		return place, nil
	}
	path, err := StatePath(savedName)
	if err != nil {
		return Place{}, err
	}
	saved, err := ReadFile(path)
	if err != nil || len(saved) == 0 {
		return Place{}, err
	}
	p, err := ParsePlace(string(saved))
	if err != nil {
		return Place{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// savedName names the file with the address of the server that this person uses.
const savedName = "server"

// SaveServer makes base the address that Server returns from now on.
func SaveServer(base string) error {
	path, err := StatePath(savedName)
	if err == nil {
		err = MakeFolder(path)
	}
	if err != nil {
		return err
	}
	return WriteFile(path, []byte(base+"\n"), 0o600)
}

// ForgetServer makes next the address that Server returns, if the address has been base. With next "" Server then has
// no saved address.
func ForgetServer(base, next string) error {
	saved, err := savedServer()
	switch {
	case err != nil || base == "" || saved != base || next == base:
		return err
	case next != "":
		return SaveServer(next)
	}
	path, err := StatePath(savedName)
	if err != nil {
		return err
	}
	return Cannot("remove", path, os.Remove(path))
}

// savedServer returns the address that SaveServer has stored; "" if none.
func savedServer() (string, error) {
	path, err := StatePath(savedName)
	if err != nil {
		return "", err
	}
	saved, err := ReadFile(path)
	return strings.TrimSpace(string(saved)), err
}
