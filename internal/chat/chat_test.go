package chat_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

// world is a table, a clock and any number of services on them.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table table.Table
	*chat.Service
}

// newWorld returns a service alone on a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return onTable(t, clock, openBolt(t, clock), chat.Options{Alone: true, GroupFrom: 1})
}

func openBolt(t *testing.T, clock clockwork.Clock) *bolttable.Table {
	t.Helper()
	b, err := bolttable.Open(filepath.Join(t.TempDir(), "parley.db"), bolttable.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func onTable(t *testing.T, clock *clockwork.FakeClock, b table.Table, o chat.Options) *world {
	o.Clock = clock
	return &world{t: t, clock: clock, table: b, Service: chat.New(b, o)}
}

// as returns a world in which failures are reported to t.
func (w *world) join(room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

func (w *world) say(token, text string) chat.Sent {
	w.t.Helper()
	got, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: text})
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return got
}

// look is a wait of no length.
func (w *world) look(token, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: token, Cursor: cursor})
	if err != nil {
		w.t.Fatalf("wait: %v", err)
	}
	return got
}

// later begins a wait in the background and returns when it is open.
func (w *world) waiting(ctx context.Context, req chat.WaitRequest) <-chan answer {
	w.t.Helper()
	got := make(chan answer, 1)
	go func() {
		a, err := w.Wait(ctx, req)
		got <- answer{a, err}
	}()
	return got
}

type answer struct {
	chat.Waited
	err error
}

// wants fails unless err has the code.
func wants(t *testing.T, err error, code chat.Code) {
	t.Helper()
	if got := chat.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

func texts(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		if m.Type == chat.Said {
			out = append(out, m.Text)
		}
	}
	return out
}
