package chat_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// swiftClock has timers that end after a thousandth of their time, or another
// part, while hardly any time passes: each look at it is a moment later. So no
// lease ends and no ghost is replaced within a run, and the model needs no time.
type swiftClock struct {
	*clockwork.FakeClock
	part time.Duration
	skew time.Duration // what it is ahead of others
}

const moment = 20 * time.Microsecond

func (c swiftClock) Now() time.Time {
	c.Advance(moment)
	return c.FakeClock.Now().Add(c.skew)
}

func (c swiftClock) NewTimer(d time.Duration) clockwork.Timer {
	return clockwork.NewRealClock().NewTimer(d / c.part)
}

// linearStage is one room, with what serves it and who talks there.
type linearStage struct {
	ctx      context.Context
	seed     uint64
	name     string
	capacity int
	alone    bool // one service knows that there is no other
	clock    swiftClock
	file     table.Table       // below all faults
	shared   *tabletest.Faulty // shows writes late and in parts
	weather  tabletest.Faults  // on the way to it
	calls    callHistory

	mu       sync.Mutex
	ways     []*tabletest.Faulty
	services []*chat.Service
}

// callHistory is what was called and answered, in the order in which the calls began
// and ended.
type callHistory struct {
	ticks atomic.Int64
	mu    sync.Mutex
	list  []porcupine.Operation
}

// callSpan is when a call began and when it ended.
type callSpan struct{ began, ended int64 }

func (h *callHistory) add(client int, s callSpan, a act) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: a, Call: s.began, Return: s.ended})
}

// newStage sets a room up as the seed says. factor is what part of their time
// timers take.
func newStage(ctx context.Context, seed uint64, name string, clock *clockwork.FakeClock, factor time.Duration, file table.Table) *linearStage {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &linearStage{
		ctx: ctx, seed: seed, name: name, capacity: 2 + rng.IntN(4), file: file,
		clock: swiftClock{FakeClock: clock, part: factor},
	}
	kinds := []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}
	s.weather = kinds[rng.IntN(3)]
	s.weather.Stale, s.weather.Partial = 0, 0
	if rng.IntN(2) == 0 {
		s.weather.Late = 0
	}
	sight := kinds[rng.IntN(3)]
	sight = tabletest.Faults{Stale: sight.Stale, Partial: sight.Partial, Slow: sight.Slow}
	if s.alone = rng.IntN(5) == 0; s.alone { // as on a file, whose reads see all, and whose writes are over when they return
		sight, s.weather.Late = tabletest.Faults{Slow: sight.Slow}, 0
	}
	s.shared = tabletest.NewFaulty(file, clock, seed, sight)
	for range 3 {
		s.open()
	}
	return s
}

// open starts a service whose way to the table has faults of its own. Such a way
// hides nothing, so others may write beside it; what is hidden is the same for all.
func (s *linearStage) open() *chat.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.alone && len(s.services) > 0 {
		return s.services[0]
	}
	n := len(s.services)
	way := tabletest.NewFaulty(candid(s.shared), s.clock, s.seed*31+uint64(n), s.weather)
	clock := s.clock
	clock.skew = time.Duration(n%3) * 3 * time.Second
	service := chat.New(way, chat.Options{
		Clock: clock, SingleProcess: s.alone, MinBatch: 1 + n%4, Logger: slog.New(slog.DiscardHandler),
	})
	s.ways, s.services = append(s.ways, way), append(s.services, service)
	return service
}

// any returns one of the services, or a new one that knows nothing.
func (s *linearStage) any(rng *rand.Rand) *chat.Service {
	if rng.IntN(12) == 0 {
		return s.open()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.services[rng.IntN(len(s.services))]
}

// candid returns a table that reports what was in the way of a write only when
// strong reads see it, too, as DynamoDB does for each item.
func candid(below table.Table) *tabletest.Hooks {
	return &tabletest.Hooks{Table: below, After: func(ctx context.Context, c *tabletest.Call) {
		var conflict *table.ConflictError
		if !errors.As(c.Err, &conflict) {
			return
		}
		for _, x := range conflict.Conflicts {
			for x.Item != nil {
				if _, missing := below.Get(ctx, x.Key, table.Strong); missing == nil {
					break
				} else if !errors.Is(missing, table.ErrNotFound) {
					c.Err = missing
					return
				}
			}
		}
	}}
}

// nameOf is the name under which the ith agent comes; some are those of two.
func nameOf(i int) string { return []string{"Ann", "Bob", "Cid", "Ann", "Dora", "Bob"}[i%6] }

// play lets everybody talk, and returns what the checker has against it.
func (s *linearStage) play(guests, acts int) error {
	var all sync.WaitGroup
	errs := make([]error, guests)
	for i := range guests {
		g := newTalker(s, i, nameOf(i))
		all.Go(func() { errs[i] = g.visit(acts) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	story, err := s.read()
	if err != nil {
		return err
	}
	return s.judge(story)
}

// settle ends the faults and what goes on behind the calls that were given up: a
// join of every service stands in its queue behind them.
func (s *linearStage) settle() error {
	for _, way := range s.ways {
		way.Settle()
	}
	s.shared.Settle()
	for i, service := range s.services {
		g := newTalker(s, 100+i, fmt.Sprintf("Last %d", i))
		if err := g.joinAt(s.ctx, service); err != nil {
			return err
		}
	}
	end := s.calls.ticks.Add(1)
	s.calls.add(99, callSpan{end, s.calls.ticks.Add(1)}, endAct{})
	return nil
}

// read reads the logs of all rooms that had the name: each is known to somebody
// who has a seat there, but for the last, perhaps.
func (s *linearStage) read() (*story, error) {
	st := &story{capacity: s.capacity, rooms: map[string][]string{}, answered: map[ticket]bool{}, late: s.weather.Late > 0, lossy: s.weather.Lost > 0}
	id, _, err := headOf(s.ctx, s.file, s.name)
	if err != nil {
		return nil, err
	}
	ids := []string{id}
	for _, op := range s.calls.list {
		switch a := op.Input.(type) {
		case joinAct:
			ids = append(ids, a.who.room)
			st.answered[a.who] = true
		case sendAct:
			if !a.got.Duplicate {
				st.answered[ticket{a.who.room, a.got.Seq}] = true
			}
		}
	}
	for _, id := range ids {
		if st.rooms[id] != nil {
			continue
		}
		log, err := readLog(s.ctx, s.file, id)
		if err != nil {
			return nil, err
		}
		st.keep(id, log)
	}
	return st, nil
}

// keep adds a log. Its end, where the name moved on, is nobody's call.
func (st *story) keep(id string, log *roomLog) {
	kinds := map[string]chat.EventType{"said": chat.Said, "joined": chat.Joined, "left": chat.Left, "knock": chat.SeatWanted, "role": chat.RoleChanged}
	for _, e := range log.events {
		if e.Type == "retired" {
			break
		}
		st.rooms[id] = append(st.rooms[id], happening{kind: kinds[e.Type], name: e.Name, text: e.Text}.stored())
		st.total++
	}
}

// judge looks for an order of the calls in which each answer is right.
func (s *linearStage) judge(st *story) error {
	verdict, info := porcupine.CheckOperationsVerbose(oneRoomModel(st), s.calls.list, 5*time.Second)
	if verdict == porcupine.Ok {
		return nil
	}
	return fmt.Errorf("is a history right: %s; %s", verdict, s.indictment(st, info))
}

// indictment tells what happened, and which calls fit into the longest order that
// could be found.
func (s *linearStage) indictment(st *story, info porcupine.LinearizationInfo) string {
	var longest []porcupine.Operation
	for _, some := range info.PartialLinearizationsOperations()[0] {
		if len(some) > len(longest) {
			longest = some
		}
	}
	fits := map[any]int{}
	for i, op := range longest {
		fits[[2]int64{op.Call, op.Return}] = i + 1
	}
	var b strings.Builder
	fmt.Fprintf(&b, "no order of the calls explains the answers (capacity %d, alone %t, late writes %t)\n", st.capacity, s.alone, st.late)
	for id, events := range st.rooms {
		for i, e := range events {
			fmt.Fprintf(&b, "\t%s %d %s\n", id, i+1, e)
		}
	}
	list := slices.SortedFunc(slices.Values(s.calls.list), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, op := range list {
		until := fmt.Sprint(op.Return)
		if op.Return == math.MaxInt64 {
			until = "?"
		}
		place := "--"
		if n := fits[[2]int64{op.Call, op.Return}]; n > 0 {
			place = fmt.Sprint(n)
		}
		fmt.Fprintf(&b, "\t%3s  [%d, %s] %d: %s\n", place, op.Call, until, op.ClientId, op.Input)
	}
	return b.String()
}
