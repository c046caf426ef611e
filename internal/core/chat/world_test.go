package chat_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// world is a table, a clock and a service that uses them.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table table.Table
	watch *watchedClock // of the service; nil if it has another
	*chat.Service
}

// newWorld returns a service alone on a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return onTable(t, clock, sqlitetest.Open(t, clock), chat.Options{SingleProcess: true, MinBatch: 1})
}

func onTable(t *testing.T, clock *clockwork.FakeClock, b table.Table, o chat.Options) *world {
	watch := &watchedClock{FakeClock: clock, made: map[time.Duration]int{},
		due: map[*watchedTimer]time.Time{}}
	o.Clock = watch
	if o.Logger == nil {
		o.Logger = secretscan.Logger(t)
	}
	return &world{t: t, clock: clock, table: b, watch: watch, Service: chat.New(b, o)}
}

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

// look is a wait of zero length.
func (w *world) look(token, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: token, Cursor: cursor})
	if err != nil {
		w.t.Fatalf("wait: %v", err)
	}
	return got
}

// waiting begins a wait in the background.
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
func wants(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

func texts(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		if m.Type == chat.EventSaid {
			out = append(out, m.Text)
		}
	}
	return out
}

// elsewhere returns another service on the same table, like that of another process. It
// has cached nothing, and its pauses advance the clock.
func (w *world) elsewhere() *world {
	return &world{t: w.t, clock: w.clock, table: w.table,
		Service: chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}})}
}

func (w *world) tryJoin(room, agent string) (chat.Seated, error) {
	return w.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: agent})
}

// enter joins as req says.
func (w *world) enter(req chat.JoinRequest) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s joins: %v", req.AgentName, err)
	}
	return got
}

func (w *world) create(req chat.CreateRequest) chat.Seated {
	w.t.Helper()
	got, err := w.CreateRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("create %q: %v", req.Room, err)
	}
	return got
}

func (w *world) leave(token string) {
	w.t.Helper()
	if got, err := w.LeaveRoom(w.t.Context(), chat.LeaveRequest{Token: token}); err != nil ||
		got.Status != chat.StatusLeft {
		w.t.Fatalf("leave: %+v, %v", got, err)
	}
}

// info returns what room_info shows the owner of a token.
func (w *world) info(token string) chat.Info {
	w.t.Helper()
	got, err := w.RoomInfo(w.t.Context(), chat.InfoRequest{Token: token})
	if err != nil {
		w.t.Fatalf("info: %v", err)
	}
	return got
}

// history returns a page of history. req lacks only the token.
func (w *world) history(token string, req chat.HistoryRequest) chat.Page {
	w.t.Helper()
	req.Token = token
	got, err := w.History(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("history: %v", err)
	}
	return got
}

// seats lists the agents of a room, the longest seated first, as "Ann (admin)".
func seats(r chat.Room) []string {
	var out []string
	for _, a := range r.Agents {
		out = append(out, a.Name+" ("+string(a.Role)+")")
	}
	return out
}

// lines renders messages as "Ann: hello", "joined Ann" and "left Ann (timeout)".
func lines(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		switch m.Type {
		case chat.EventSaid:
			out = append(out, m.From+": "+m.Text)
		case chat.EventLeft:
			out = append(out, "left "+m.Agent+" ("+string(m.Reason)+")")
		default:
			out = append(out, string(m.Type)+" "+m.Agent)
		}
	}
	return out
}

// same fails unless got is want.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// waitsFor fails unless err has the code and says to retry after this time.
func waitsFor(t *testing.T, err error, code fault.Code, after time.Duration) {
	t.Helper()
	wants(t, err, code)
	var e *fault.Error
	if errors.As(err, &e) && e.RetryAfter != after {
		t.Fatalf("%s after %s, want %s", code, e.RetryAfter, after)
	}
}

// awaitText returns once the agent of a token may read a message with the text.
func (w *world) awaitText(token, text string) {
	w.t.Helper()
	for {
		page, err := w.History(w.t.Context(), chat.HistoryRequest{Token: token})
		if err != nil {
			w.t.Fatal(err)
		}
		if slices.Contains(texts(page.Messages), text) {
			return
		}
		runtime.Gosched()
	}
}
