package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// fastClock is a fake clock whose timers end after a small part of their real time.
// Each look at it is a moment later. So no lease ends during a run unless the run
// lets time pass.
type fastClock struct {
	*clockwork.FakeClock
	factor time.Duration // of the time that timers take
	skew   time.Duration // what it is ahead of others
}

func (c fastClock) Now() time.Time {
	c.Advance(20 * time.Microsecond)
	return c.FakeClock.Now().Add(c.skew)
}

func (c fastClock) NewTimer(d time.Duration) clockwork.Timer {
	return clockwork.NewRealClock().NewTimer(d / c.factor)
}

// linearRun is one room name, the services that serve it, and the calls made.
type linearRun struct {
	ctx      context.Context
	seed     uint64
	name     string
	capacity int
	before   string // the room that had the name before the pause; "" without one
	single   bool   // one service knows that there is no other
	pauses   bool   // halfway a day passes, all leases end, and the services start again
	clock    fastClock
	below    table.Table       // without faults
	shared   *tabletest.Faulty // shows writes late and in part
	sight    tabletest.Faults  // of shared
	faults   tabletest.Faults  // of each service's own way to it
	calls    callHistory
	numbers  *numbers
	now      time.Time // of the present half

	mu       sync.Mutex
	ways     []*tabletest.Faulty
	services []*chat.Service
}

// callHistory is the operations of a run, in the order of their ends.
type callHistory struct {
	ticks atomic.Int64
	mu    sync.Mutex
	list  []porcupine.Operation
}

// timed is an operation and when it began.
type timed struct {
	operation
	now time.Time
}

// callSpan is when a call began and when it ended.
type callSpan struct{ began, ended int64 }

func (h *callHistory) add(client int, s callSpan, op timed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: op, Call: s.began, Return: s.ended})
}

// newLinearRun sets up a run as the seed says.
func newLinearRun(ctx context.Context, seed uint64, clock fastClock, below table.Table, pauses bool) *linearRun {
	rng := rand.New(rand.NewPCG(seed, 1))
	r := &linearRun{
		ctx: ctx, seed: seed, name: fmt.Sprintf("room %d", seed), capacity: 2 + rng.IntN(4), below: below, clock: clock,
		pauses: pauses, now: clock.FakeClock.Now(), numbers: newNumbers(below),
	}
	kinds := []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}
	r.faults = kinds[rng.IntN(3)]
	r.faults.Stale, r.faults.Partial = 0, 0
	if rng.IntN(2) == 0 {
		r.faults.Late = 0
	}
	sight := kinds[rng.IntN(3)]
	r.sight = tabletest.Faults{Stale: sight.Stale, Partial: sight.Partial, Slow: sight.Slow}
	r.single = rng.IntN(5) == 0
	if r.single { // as on a file, where reads see everything and no write comes late
		r.sight, r.faults.Late = tabletest.Faults{Slow: sight.Slow}, 0
	}
	return r
}

// start starts services that know nothing, in place of all others.
func (r *linearRun) start() {
	r.ways, r.services = nil, nil
	r.shared = tabletest.NewFaulty(r.below, r.clock, r.seed, r.sight)
	for range 3 {
		r.open()
	}
}

// open starts a service. What its own way to the table does with writes hides
// nothing, so other services may write, too; what reads see is the same for all.
func (r *linearRun) open() *chat.Service {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.single && len(r.services) > 0 {
		return r.services[0]
	}
	n := len(r.services)
	way := tabletest.NewFaulty(r.holding(consistentConflicts(r.shared, r.below), uint64(n)), r.clock,
		r.seed*31+uint64(n), r.faults)
	clock := r.clock
	clock.skew = time.Duration(n%3) * 900 * time.Millisecond // two seconds would let a held send be said twice
	service := chat.New(way, chat.Options{
		Clock: clock, SingleProcess: r.single, MinBatch: 1 + n%4, Logger: slog.New(slog.DiscardHandler),
	})
	r.ways, r.services = append(r.ways, way), append(r.services, service)
	return service
}

// holding returns a table that holds some writes while other calls go on, in every other
// run.
func (r *linearRun) holding(t table.Table, n uint64) table.Table {
	if r.seed%2 == 0 {
		return t
	}
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(r.seed, 1000+n))
	return &tabletest.Hooks{Table: t, Before: func(_ context.Context, c tabletest.Call) error {
		mu.Lock()
		held := c.Method == tabletest.Write && rng.IntN(8) == 0
		d := time.Duration(rng.IntN(10_000)) * time.Millisecond
		mu.Unlock()
		if held {
			<-r.clock.NewTimer(d).Chan()
		}
		return nil
	}}
}

// anyService returns one of the services, or a new one that knows nothing.
func (r *linearRun) anyService(rng *rand.Rand) *chat.Service {
	if rng.IntN(12) == 0 {
		return r.open()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.services[rng.IntN(len(r.services))]
}

// consistentConflicts returns a table that reports what was in the way of a write
// only when strong reads of shared see it, too, as DynamoDB does for each item. below
// is the table without faults.
func consistentConflicts(shared, below table.Table) *tabletest.Hooks {
	return &tabletest.Hooks{Table: shared, After: func(ctx context.Context, c *tabletest.Call) {
		var conflict *table.ConflictError
		if !errors.As(c.Err, &conflict) {
			return
		}
		for _, x := range conflict.Conflicts {
			for x.Item != nil {
				_, err := shared.Get(ctx, x.Key, table.Strong)
				_, gone := below.Get(ctx, x.Key, table.Strong)
				if err == nil || gone != nil {
					break
				}
				if !errors.Is(err, table.ErrNotFound) {
					c.Err = err
					return
				}
			}
		}
	}}
}

// play lets agents make calls, and returns why their answers are wrong.
func (r *linearRun) play(agents, calls int) error {
	var clients []*client
	for i := range agents {
		clients = append(clients, newClient(r, i))
	}
	r.start()
	if r.pauses {
		if err := r.atOnce(clients, func(c *client) error { return c.makeCalls(calls / 2) }); err != nil {
			return err
		}
		if err := r.settle(); err != nil {
			return err
		}
		var err error
		r.before, _, err = headOf(r.ctx, r.below, r.name)
		if err != nil { // no answer may name it
			return err
		}
		r.clock.Advance(30 * time.Hour)
		r.now = r.clock.FakeClock.Now()
		r.recordAlone(pauseOp{})
		r.start()
		calls -= calls / 2
	}
	if err := r.atOnce(clients, func(c *client) error { return c.makeCalls(calls) }); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	if err := r.readAll(clients); err != nil {
		return err
	}
	r.recordAlone(endOp{complete: true})
	logs, err := r.readLogs()
	if err != nil {
		return err
	}
	return r.judge(logs)
}

func (r *linearRun) atOnce(clients []*client, do func(*client) error) error {
	var all sync.WaitGroup
	errs := make([]error, len(clients))
	for i, c := range clients {
		all.Go(func() { errs[i] = do(c) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// settle ends the faults, and waits for what goes on behind calls that were given
// up: a join of every service is queued behind them.
func (r *linearRun) settle() error {
	for _, way := range r.ways {
		way.Settle()
	}
	r.shared.Settle()
	for i, service := range r.services {
		c := newClient(r, 100+i)
		c.name, c.service = fmt.Sprintf("Last %d", i), service
		if err := c.join(); err != nil {
			return err
		}
	}
	return nil
}

// readAll lets every agent read what it has not read.
func (r *linearRun) readAll(clients []*client) error {
	for _, c := range clients {
		c.service = r.services[0]
		for was := int64(-1); c.token != "" && c.place() != was; {
			was = c.place()
			read := c.comeBack
			if !c.noCursors {
				read = func() error { return c.wait(0) }
			}
			if err := read(); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordAlone records an operation that overlaps no call with an answer.
func (r *linearRun) recordAlone(op operation) {
	began := r.calls.ticks.Add(1)
	r.calls.add(99, callSpan{began, r.calls.ticks.Add(1)}, timed{op, r.now})
}

// readLogs reads the logs of all rooms that had the name: an agent has joined each,
// except perhaps for the last.
func (r *linearRun) readLogs() (*finalLogs, error) {
	logs := &finalLogs{rooms: map[string][]string{}, began: map[string]int64{}, answered: map[eventID]bool{}}
	id, _, err := headOf(r.ctx, r.below, r.name)
	if err != nil {
		return nil, err
	}
	ids := []string{id}
	if r.before != "" {
		ids = append(ids, r.before)
	}
	for _, op := range r.calls.list {
		switch x := op.Input.(timed).operation.(type) {
		case joinOp:
			if x.code == "" {
				ids = append(ids, x.who().room)
				logs.answered[eventID{x.who().room, numberOf(x.got.Cursor)}] = true
			}
		case sendOp:
			if x.code == "" && !x.got.Duplicate {
				logs.answered[eventID{x.who.room, numberOf(x.got.ID)}] = true
			}
		}
	}
	open := 0
	for _, id := range ids {
		if logs.rooms[id] != nil {
			continue
		}
		log, err := readLog(r.ctx, r.below, id)
		if err == nil {
			err = log.check(r.capacity)
		}
		if err != nil {
			return nil, err
		}
		if !logs.add(id, log) {
			open++
		}
	}
	if open > 1 {
		return nil, fmt.Errorf("%d rooms have one name", open)
	}
	return logs, nil
}

// add adds a log, and reports whether it was retired. An agent can only come to know of
// that event if the log was abandoned.
func (x *finalLogs) add(id string, log *roomLog) (retired bool) {
	if len(log.events) > 0 {
		x.began[id] = log.events[0].AtMs
	}
	for _, e := range log.events {
		if e.Type == "retired" && e.Reason == "" {
			return true
		}
		kind := e.Type
		if kind == "said" {
			kind = string(chat.EventSaid)
		}
		if t := e.Task; t != nil {
			no := t.No
			if len(t.Add) > 0 {
				no = t.Add[0].No
			}
			e.Text = taskLine(t.Action, fmt.Sprintf("t%d", no))
		}
		x.rooms[id] = append(x.rooms[id], logLine(kind, e.Name, e.Text, e.Action, e.Reason, e.NewAdmin, e.ByName))
		x.total++
		retired = e.Type == "retired"
	}
	return retired
}
