package shell_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// serve serves rooms until the test ends, and returns the address.
func serve(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir()) // where everybody here keeps seats
	return apptest.Serve(t, nil)
}

// buffer is a standard stream that the test reads while a command writes.
type buffer struct {
	mu     sync.Mutex
	text   bytes.Buffer
	broken error // of every write, if set
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return 0, b.broken
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// command is one command of a person, in life a separate process.
type command struct {
	*shell.Shell
	out, notes buffer
}

// at returns a command for the server at base. wire sends the command's requests.
func at(t *testing.T, base string, wire http.RoundTripper) *command {
	t.Helper()
	file, err := client.OpenTokens()
	if err != nil {
		t.Fatal(err)
	}
	c := &command{}
	c.Shell = &shell.Shell{
		Seats: file, Usual: client.Place{Base: base},
		Out:      &shell.Output{Screen: shell.ScreenOn(&c.out), Notes: &c.notes, JSON: true},
		NoPerson: func() string { return "" }, Clock: clockwork.NewRealClock(),
		Dial: func(p client.Place, _ string) *client.Client {
			return client.New(p.Base, client.Options{HTTP: &http.Client{Transport: wire}, Invite: p.Invite})
		},
	}
	return c
}

// meet gives the names seats in the room tea.
func meet(t *testing.T, base string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := at(t, base, nil).Join(t.Context(),
			shell.JoinRequest{Room: "tea", As: name, Capacity: max(2, len(names))}); err != nil {
			t.Fatal(err)
		}
	}
}

func as(name string) shell.Which { return shell.Which{As: name} }

// say says something and returns the message's id.
func say(t *testing.T, base, name string, req shell.SendRequest) string {
	t.Helper()
	c := at(t, base, nil)
	if err := c.Send(t.Context(), as(name), req); err != nil {
		t.Fatal(err)
	}
	var sent results.Sent
	read(t, c.out.String(), &sent)
	return sent.ID
}

// read decodes the JSON that a command has printed.
func read(t *testing.T, printed string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(printed), to); err != nil {
		t.Fatalf("%v in %q", err, printed)
	}
}

// texts returns the texts of messages in lines of JSON.
func texts(t *testing.T, lines string) (list []string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var m results.Message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if m.Type == "message" {
			list = append(list, string(m.Text))
		}
	}
	return list
}

// until waits until ok holds.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// begin runs a command beside the test.
func begin(run func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	return ended
}
