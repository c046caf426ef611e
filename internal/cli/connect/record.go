package connect

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	server "github.com/parley-chat/parley/internal/cli/client"
)

// connection is what this program has written for one client.
type connection struct {
	Client string `json:"client"`
	Config string `json:"config"` // the client's file of servers: a client may have several homes
	Server string `json:"server"`
	Guest  bool   `json:"guest,omitempty"` // by an invite; the other commands do not use the invite's address
	Allow  bool   `json:"allow"`
	// AskActs: Connect was to write the rules, though the person may have had all of them.
	AskActs bool `json:"ask_acts,omitempty"`
	// Program is the path at which the client starts this program; "" if the client never starts this program.
	Program string    `json:"program,omitempty"`
	Files   []written `json:"files"`
}

// record is the file of all connections.
type record struct {
	path        string
	Connections []connection `json:"connections"`
}

// withRecord calls do with the record while no other process uses the record.
func (m Machine) withRecord(do func(*record) error) error {
	return server.WithLock(m.recordPath(), func() error { return m.readRecord(do) })
}

func (m Machine) recordPath() string { return filepath.Join(m.State, "connect.json") }

// readRecord calls do with the record, which do does not change. Nothing is written, not even a lock.
func (m Machine) readRecord(do func(*record) error) error {
	r := &record{path: m.recordPath()}
	data, err := server.ReadFile(r.path)
	if err != nil {
		return err
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, r); err != nil {
			return fmt.Errorf("%s is damaged: remove it; then parley connect can no longer undo what it wrote",
				r.path)
		}
	}
	return do(r)
}

// of returns the connection of a client.
func (r *record) of(c client, m Machine) connection {
	for _, known := range r.Connections {
		if r.is(known, c, m) {
			return known
		}
	}
	return connection{Client: c.id, Config: c.file(m)}
}

func (*record) is(known connection, c client, m Machine) bool {
	return known.Client == c.id && known.Config == c.file(m)
}

// next returns the address for the other commands after the connection gone has ended.
func (r *record) next(gone connection) (address string) {
	for _, c := range r.Connections {
		switch {
		case c.Guest || c.Client == gone.Client && c.Config == gone.Config:
		case c.Server == gone.Server:
			return c.Server
		default:
			address = c.Server
		}
	}
	return address
}

// add stores a connection in place of an earlier connection of the same client. A connection without files is removed.
func (r *record) add(now connection) error {
	r.Connections = slices.DeleteFunc(r.Connections, func(old connection) bool {
		return old.Client == now.Client && old.Config == now.Config
	})
	if len(now.Files) > 0 {
		r.Connections = append(r.Connections, now)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return server.WriteFile(r.path, append(data, '\n'), 0o600)
}
