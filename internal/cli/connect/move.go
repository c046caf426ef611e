package connect

import (
	"errors"
	"fmt"

	server "github.com/parley-chat/parley/internal/cli/client"
)

// Move connects each client that Connect has connected to a server at one address to another address of the server,
// with the same key or invite, permission and hooks. Move goes on after an error, and returns the error at the end.
func (m Machine) Move(from, to string, dryRun bool) (reports []Report, err error) {
	var known record
	if err := m.readRecord(func(r *record) error { known = *r; return nil }); err != nil {
		return nil, err
	}
	for _, c := range clients() {
		old := known.of(c, m)
		if old.Server != from || len(old.Files) == 0 {
			continue
		}
		o := old.options(c)
		o.Server, o.DryRun = to, dryRun
		report, errOne := m.as(old).Connect(o)
		if errOne != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", c.name, errOne))
			continue
		}
		reports = append(reports, report)
	}
	return reports, err
}

// as returns m with the program that a client starts already: the running program may be gone when the client starts
// it.
func (m Machine) as(old connection) Machine {
	if old.Program != "" && exists(old.Program) {
		m.Program = old.Program
	}
	return m
}

// options returns the options with which a client was connected, from the written files.
func (c connection) options(of client) Options {
	o := Options{Client: of.id, Server: c.Server, Allow: c.Allow, AskActs: c.AskActs}
	for _, file := range c.Files {
		for _, e := range file.Entries {
			if e.Mark != "" { // only hooks have a mark
				o.Wake = true
				continue
			}
			doc, _ := e.with(nil, e.Path).(map[string]any)
			if place, err := server.ParsePlace(serverIn(doc, of.key)); err == nil {
				o.Invite = place.Invite
			}
			if key, _ := keyIn(doc, of.key); key != "" {
				o.Key = key
			}
		}
	}
	return o
}
