package presence

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// The seats of a world. Ann is its admin.
const (
	seatOfAnn = 1 + iota
	seatOfBob
	seatOfCid
)

// world is a room with Ann, Bob and Cid in one process.
type world struct {
	*Attendees
	t      *testing.T
	clock  *clockwork.FakeClock
	store  *roomlog.Store
	broken bool           // writes to the table fail
	hangs  bool           // writes to the table end with the call
	mute   bool           // reads of the table fail
	slow   time.Duration  // how long a write to the table takes
	writes map[string]int // by the sort key of the first item, since counting began
	first  func()         // what happens once, before the next write
}

// play runs a test in a bubble, whose goroutines it can wait for.
func play(t *testing.T, test func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

// newWorld returns a world over a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(noon())
	return newWorldOn(t, clock, sqlitetest.Open(t, clock))
}

func newWorldOn(t *testing.T, clock *clockwork.FakeClock, in table.Table) *world {
	t.Helper()
	w := &world{t: t, clock: clock, writes: map[string]int{}}
	hooks := &tabletest.Hooks{Table: in}
	hooks.Before = func(ctx context.Context, c tabletest.Call) error {
		if w.hangs && c.Method == tabletest.Write {
			<-ctx.Done()
			return ctx.Err()
		}
		if c.Method != tabletest.Write {
			if w.mute {
				return errors.New("the table does not answer")
			}
			return nil
		}
		if first := w.first; first != nil {
			w.first = nil
			first()
		}
		w.writes[c.Ops[0].Item.Key.Sort]++
		clock.Advance(w.slow)
		if w.broken {
			return errors.New("the table is broken")
		}
		return nil
	}
	o := &Options{Table: hooks, Clock: clock, Logger: slog.New(slog.DiscardHandler), SingleProcess: true}
	w.store = roomlog.NewStore(hooks, roomlog.Options{Clock: clock, SingleProcess: true, MinBatch: 1,
		CacheBytes: 1 << 20, Logger: o.Logger, Observe: func(l *roomlog.Log) roomlog.Observer { return New(l, o) }})
	o.Store = w.store
	names := []string{"Ann", "Bob", "Cid"}
	begin := func(*room.Head, time.Time) (roomlog.Change, error) {
		e := joined(seatOfAnn, names[0])
		e.Settings = &room.Settings{Name: "tea", Key: "tea", Type: room.Group, Capacity: len(names)}
		e.Agent.Role = room.Admin
		return roomlog.Change{Events: []room.Event{e}}, nil
	}
	l, _, err := w.store.Create(t.Context(), roomlog.Creation{Begin: begin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	w.Attendees = l.Observer().(*Attendees)
	for i, name := range names[1:] {
		w.append(joined(seatOfBob+i, name))
	}
	return w
}

// joined is the event by which an agent gets a seat.
func joined(seat int, name string) room.Event {
	return room.Event{Type: room.Joined, Seat: seat, Name: name, Agent: &room.Agent{Seat: seat, Name: name,
		Key: strings.ToLower(name), Hash: "the token of " + name}}
}

// append appends an event, and returns its number.
func (w *world) append(e room.Event) int64 {
	w.t.Helper()
	p := func(at roomlog.Place) (roomlog.Change, error) {
		h := at.Head
		if e.Agent != nil {
			e.Agent.Joined, e.Agent.Since = h.AsOf+1, room.Mark{N: h.AsOf + 1}
		}
		return roomlog.Change{Events: []room.Event{e}}, nil
	}
	done, err := roomlog.Append(w.t.Context(), w.log, w.clock.Now(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return done.Events[0].N
}

// says has an agent say something to all.
func (w *world) says(seat int) int64 {
	w.t.Helper()
	return w.append(room.Event{Type: room.Said, Seat: seat, Text: "Milk?"})
}

// adds has Ann add tasks that anybody may take.
func (w *world) adds(titles ...string) {
	w.t.Helper()
	o := room.TaskOrder{Action: room.AddTasks}
	for _, title := range titles {
		o.Add = append(o.Add, room.Task{Title: title})
	}
	w.orders(seatOfAnn, o)
}

// orders has an agent do something with tasks.
func (w *world) orders(seat int, o room.TaskOrder) {
	w.t.Helper()
	e, _, err := o.Decide(w.log.Peek(), *w.agent(seat), w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	w.append(*e)
}

// agent returns the agent of a seat as a caller.
func (w *world) agent(seat int) *room.Caller {
	w.t.Helper()
	a, here := w.log.Peek().Seated(seat)
	if !here {
		w.t.Fatalf("seat %d is free", seat)
	}
	return &room.Caller{Agent: a}
}

// person returns the person behind the agent of a seat, on a device, as a caller.
func (w *world) person(seat int, device string) *room.Caller {
	w.t.Helper()
	c := w.agent(seat)
	c.Device = device
	return c
}

// waits begins a wait of an hour.
func (w *world) waits(c *room.Caller) *Wait {
	w.t.Helper()
	return w.begins(c, Call{Returns: true, Lag: CallLag})
}

// standsBy begins a wait of an hour of a program in the place of an agent.
func (w *world) standsBy(c *room.Caller) *Wait {
	w.t.Helper()
	return w.begins(c, Call{Standby: true, Lag: CallLag})
}

func (w *world) begins(c *room.Caller, call Call) *Wait {
	w.t.Helper()
	wait, err := w.Attendees.Recorder(w.log.Peek(), c).BeginWait(w.t.Context(), w.now().Add(time.Hour), call)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.EndWait(wait) })
	synctest.Wait()
	return wait
}

// pass lets time pass, and what was due then happen.
func (w *world) pass(d time.Duration) {
	w.clock.Advance(d)
	synctest.Wait()
}

// counted returns how often do writes an item whose sort key begins so.
func (w *world) counted(prefix string, do func()) (n int) {
	clear(w.writes)
	do()
	for sort, writes := range w.writes {
		if strings.HasPrefix(sort, prefix) {
			n += writes
		}
	}
	return n
}

// presence returns what the table has of a seat.
func (w *world) presence(seat int) room.Presence {
	w.t.Helper()
	p, err := w.log.Items().PresenceOf(w.t.Context(), seat)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		w.t.Fatal(err)
	}
	return p
}

// presenceHere returns what this process knows of a seat.
func (w *world) presenceHere(seat int) room.Presence {
	l := w.lock()
	defer l.unlock()
	return l.cachedSeat(seat).presence.latest
}

// received returns what a wait was told last; zero: nothing.
func received[T any](c <-chan T) (told T) {
	select {
	case told = <-c:
	default:
	}
	return told
}
