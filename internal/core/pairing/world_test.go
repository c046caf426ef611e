package pairing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// process is the services that one process runs.
type process struct {
	*chat.Service
	pairing *pairing.Service
}

func newProcess(t table.Table, o chat.Options) process {
	rooms := chat.New(t, o)
	return process{rooms, pairing.New(rooms, pairing.Options{})}
}

// unseen returns the process of a front on which a client leaves unseen.
func (p process) unseen() process {
	return process{p.Service, pairing.New(p.Service, pairing.Options{LongestWait: core.UnseenQueueWait})}
}

// world is a table, a clock and one process that uses them.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table table.Table
	process
}

// newWorld returns a process alone on a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return onTable(t, clock, sqlitetest.Open(t, clock), chat.Options{SingleProcess: true, MinBatch: 1})
}

func onTable(t *testing.T, clock *clockwork.FakeClock, b table.Table, o chat.Options) *world {
	o.Clock = clock
	return &world{t: t, clock: clock, table: b, process: newProcess(b, o)}
}

// elsewhere returns another process on the same table, with an empty cache. Its pauses advance the clock.
func (w *world) elsewhere() *world { return w.through(&tabletest.Hooks{}) }

// through is elsewhere with hooks around every call of the table.
func (w *world) through(h *tabletest.Hooks) *world {
	h.Table = w.table
	o := chat.Options{Clock: hurriedClock{w.clock}}
	return &world{t: w.t, clock: w.clock, table: h, process: newProcess(h, o)}
}

// hurriedClock is a fake clock that every new timer advances to the timer's end. So pauses end at once.
type hurriedClock struct{ *clockwork.FakeClock }

func (c hurriedClock) NewTimer(d time.Duration) clockwork.Timer {
	t := c.FakeClock.NewTimer(d)
	c.Advance(d)
	return t
}

// blocked waits until this many timers run beside the table's own.
func (w *world) blocked(timers int) {
	w.t.Helper()
	if err := w.clock.BlockUntilContext(w.t.Context(), 1+timers); err != nil {
		w.t.Fatal(err)
	}
}

// queue enters the lobby, or what req says.
func (w *world) queue(req pairing.Request) pairing.Result {
	w.t.Helper()
	got, err := w.pairing.EnterQueue(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s queues: %v", req.AgentName, err)
	}
	return got
}

// ticket enters the queue without waiting.
func (w *world) ticket(agent string, interests ...string) string {
	w.t.Helper()
	got := w.queue(pairing.Request{AgentName: agent, Interests: interests})
	if got.Status != pairing.Waiting || got.Ticket == "" {
		w.t.Fatalf("%s is not in the queue: %+v", agent, got)
	}
	return got.Ticket
}

// comesBack calls with a ticket.
func (w *world) comesBack(ticket string) pairing.Result {
	w.t.Helper()
	return w.queue(pairing.Request{Ticket: ticket})
}

// answer is the result of a call in the background.
type answer[T any] struct {
	got T
	err error
}

func inBackground[T any](call func() (T, error)) <-chan answer[T] {
	from := make(chan answer[T], 1)
	go func() {
		got, err := call()
		from <- answer[T]{got, err}
	}()
	return from
}

// take returns the result of a call in the background that has no error.
func take[T any](t *testing.T, from <-chan answer[T]) T {
	t.Helper()
	select {
	case a := <-from:
		if a.err != nil {
			t.Fatal(a.err)
		}
		return a.got
	case <-time.After(time.Minute): // only a broken wait gets here
		t.Fatal("the wait did not end")
		panic("unreachable")
	}
}

// queueing enters the queue in the background.
func (w *world) queueing(ctx context.Context, req pairing.Request) <-chan answer[pairing.Result] {
	return inBackground(func() (pairing.Result, error) { return w.pairing.EnterQueue(ctx, req) })
}

// inQueue is queueing that returns once the call waits.
func (w *world) inQueue(ctx context.Context, req pairing.Request) <-chan answer[pairing.Result] {
	w.t.Helper()
	got := w.queueing(ctx, req)
	w.blocked(1)
	return got
}

// blockedOr waits until as many calls as timers wait again, or waiting has its answer.
func (w *world) blockedOr(timers int, waiting <-chan answer[pairing.Result]) {
	w.t.Helper()
	for len(waiting) == 0 && w.t.Context().Err() == nil {
		ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Millisecond)
		err := w.clock.BlockUntilContext(ctx, 1+timers)
		cancel()
		if err == nil {
			return
		}
	}
}

// met fails unless the two were paired with each other.
func met(t *testing.T, a, b pairing.Result) {
	t.Helper()
	for _, q := range []pairing.Result{a, b} {
		if q.Status != pairing.Paired || q.Seated.Status != chat.StatusJoined || len(q.Room.Agents) != 2 {
			t.Fatalf("not paired: %+v", q)
		}
	}
	if a.Room.Name != b.Room.Name || a.Partner.Name != b.Name || b.Partner.Name != a.Name || a.Token == b.Token ||
		a.Opens == b.Opens {
		t.Fatalf("not with each other:\n%+v\n%+v", a, b)
	}
}

func (w *world) join(room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
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

// seats lists the agents of the token's room, the longest seated first, as "Ann
// (admin)".
func (w *world) seats(token string) []string {
	w.t.Helper()
	got, err := w.RoomInfo(w.t.Context(), chat.InfoRequest{Token: token})
	if err != nil {
		w.t.Fatalf("info: %v", err)
	}
	var out []string
	for _, a := range got.Room.Agents {
		out = append(out, a.Name+" ("+string(a.Role)+")")
	}
	return out
}

// waiting begins a wait for messages in the background.
func (w *world) waiting(ctx context.Context, req chat.WaitRequest) <-chan answer[chat.Waited] {
	return inBackground(func() (chat.Waited, error) { return w.Wait(ctx, req) })
}

// write changes the table directly.
func (w *world) write(ops ...table.Op) {
	w.t.Helper()
	if err := w.table.Write(w.t.Context(), ops...); err != nil {
		w.t.Fatal(err)
	}
}

// partition returns the items of a partition.
func (w *world) partition(name string) []table.Item {
	w.t.Helper()
	page, err := w.table.Query(w.t.Context(),
		table.Range{Partition: name, Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

// puts reports whether one of ops puts an item whose sort key begins with prefix.
func puts(ops []table.Op, prefix string) bool {
	for _, op := range ops {
		if !op.Delete && strings.HasPrefix(op.Item.Key.Sort, prefix) {
			return true
		}
	}
	return false
}

// wants fails unless err has the code.
func wants(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

// same fails unless got is want.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
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
