package client

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/state"
)

// local is the address of a server on this machine, with its default settings.
const local = "http://127.0.0.1:8080"

// Address returns the address of a server without /mcp at its end, as people may or may
// not write it: scheme, host and an optional path.
func Address(given string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(given))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("%q is not the address of a server; write it as https://parley.example or %s", given, local)
	case u.User != nil:
		return "", fmt.Errorf("the address of a server has no user and no password")
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%q has a query or a fragment; the address of a server has neither", given)
	}
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), mcpPath), nil
}

// OnThisMachine reports whether the address can only be that of this machine.
func OnThisMachine(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Server returns the address of the server that this person uses: that of PARLEY_URL,
// else the one saved last, else one on this machine.
func Server() (string, error) {
	if given := os.Getenv("PARLEY_URL"); given != "" {
		base, err := Address(given)
		if err != nil {
			return "", fmt.Errorf("PARLEY_URL: %w", err)
		}
		return base, nil
	}
	path, err := state.Path(savedName)
	if err != nil {
		return "", err
	}
	saved, err := state.Read(path)
	if err != nil || len(saved) == 0 {
		return local, err
	}
	base, err := Address(string(saved))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return base, nil
}

// savedName is the file with the address of the server that this person uses.
const savedName = "server"

// SaveServer makes base the address that Server returns from now on.
func SaveServer(base string) error {
	path, err := state.Path(savedName)
	if err != nil {
		return err
	}
	return state.Write(path, []byte(base+"\n"), 0o600)
}
