package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// KeyEnv is the variable with the key of the server that a person uses. URLEnv is the variable with the server's
// address.
const (
	KeyEnv = "PARLEY_KEY"
	URLEnv = "PARLEY_URL"
)

// WithKey returns p with this person's key for the server: the key in the address, else in PARLEY_KEY, else the kept
// key. PARLEY_KEY is for the server of PARLEY_URL or, without PARLEY_URL, for the saved server. No other server gets
// the key: else anybody who gets a person to name a server in a command would have the key.
func (p Place) WithKey() (Place, error) {
	if p.Key != "" {
		return p, nil
	}
	if given := os.Getenv(KeyEnv); given != "" {
		own, err := chosen()
		if err != nil {
			return p, err
		}
		if own.Base == p.Base {
			p.Key, err = ReadKey(given)
			if err != nil {
				err = fmt.Errorf("%s: %w", KeyEnv, err)
			}
			return p, err
		}
	}
	var err error
	p.Key, err = KeptKey(p.Base)
	return p, err
}

// ReadKey returns a key as its holder sends the key. The error does not repeat the key.
func ReadKey(given string) (string, error) {
	key, ok := ident.ParseKey(strings.Trim(given, "\"'` \t\r\n"))
	if !ok {
		return "", errors.New("this is not a key, or it is mistyped; a key begins with pk_ and must be copied " +
			"exactly; the person who runs the server makes one: parley keys add LABEL; or " + WithInvite)
	}
	return key.String(), nil
}

// ShownKey returns the part of a key that people may see: its id.
func ShownKey(key string) string {
	k, ok := ident.ParseKey(key)
	if !ok {
		return hiddenPart
	}
	return "pk_" + k.ID + hiddenPart
}

// Refused tells a person why the server does not admit a call, and what helps.
func (p Place) Refused() string {
	switch {
	case p.Invite != "":
		return "The server at " + p.Base + " does not know this invite: the room has ended, or is on " +
			"another server, or the link is incomplete. Ask for a new one."
	case p.Key != "":
		return "The server at " + p.Base + " does not admit the key " + ShownKey(p.Key) +
			": it was revoked or renewed, has expired, or is for another server. Ask " + p.whoMakes("a new one") + " " +
			SetKey(p.Base)
	}
	return "The server at " + p.Base + " admits only callers with a key: ask " + p.whoMakes("one") + " " +
		SetKey(p.Base) + " Or " + WithInvite + "."
}

// WithInvite says what a person without a key can do who holds an invite.
const WithInvite = "join by the line of an invite: parley join 'LINE' --as NAME"

// whoMakes ends a sentence with who makes a key for a person. A server on this machine may be the person's own.
func (p Place) whoMakes(one string) string {
	text := "the person who runs the server for " + one
	if OnThisMachine(p.Base) {
		text += ", or, if you run it, make " + one + " with parley keys add LABEL"
	}
	return text + "."
}

// SetKey says how to give a command the key of the server at base, and why a key in PARLEY_KEY is not taken.
func SetKey(base string) string {
	if why := KeyElsewhere(base); why != "" {
		return why
	}
	return "Set " + KeyEnv + " to your key and " + URLEnv + " to " + base + ": the key is shown to no other server."
}

// KeyElsewhere says why the key in PARLEY_KEY is not shown to the server at base: see WithKey. It returns "" if there
// is no such key, or if the server is shown the key.
func KeyElsewhere(base string) string {
	own, err := chosen()
	if os.Getenv(KeyEnv) == "" || err != nil || own.Base == base {
		return ""
	}
	of := "no server, since " + URLEnv + " is not set"
	if own.Base != "" {
		of = "the server at " + own.Base + " alone"
	}
	return "The key in " + KeyEnv + " is for " + of + ". If it is for this one, set " + URLEnv + " to " + base + "."
}

// keysName is the file with this person's keys, by server.
const keysName = "keys.json"

// KeptKey returns the kept key for the server at base; "" if none.
func KeptKey(base string) (string, error) {
	path, err := StatePath(keysName)
	if err != nil {
		return "", err
	}
	all, err := readKeys(path)
	return all[base], err
}

// KeepKey stores the key for the server at base, in a file that only this person can read. isNew is true for the one
// call, of several at the same time, that has stored the key.
func KeepKey(base, key string) (isNew bool, err error) {
	err = changeKeys(func(all map[string]string) { isNew, all[base] = all[base] != key, key })
	return isNew && err == nil, err
}

// changeKeys calls change to change the keys, while no other process changes them.
func changeKeys(change func(byServer map[string]string)) error {
	path, err := StatePath(keysName)
	if err != nil {
		return err
	}
	return WithLock(path, func() error {
		all, err := readKeys(path)
		if err != nil {
			return err
		}
		before := maps.Clone(all)
		change(all)
		if maps.Equal(all, before) {
			return nil
		}
		text, err := json.MarshalIndent(map[string]any{"keys": all}, "", "  ")
		if err != nil {
			return err
		}
		return WriteFile(path, append(text, '\n'), 0o600)
	})
}

func readKeys(path string) (map[string]string, error) {
	content := struct{ Keys map[string]string }{map[string]string{}}
	text, err := ReadFile(path)
	if err != nil || len(text) == 0 {
		return content.Keys, err
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("%s is damaged: remove it, and set %s and %s again", path, KeyEnv, URLEnv)
	}
	return content.Keys, nil
}
