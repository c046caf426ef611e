package randomtest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// drainFor is how long a schedule goes on after the last word, with agents that only
// wait: long enough for each to get its turn.
const drainFor = 12 * time.Minute

// run is one schedule.
type run struct {
	t        *testing.T
	ctx      context.Context
	seed     uint64
	rng      *rand.Rand
	services []*chat.Service
	witness  *roomlog.Store // reads the log beside the services
	began    time.Time

	agents  []*agent
	results chan outcome
	events  []room.Event // the log
	turns   map[int64][]turnGiven
	words   int       // left to say
	drainTo time.Time // when the schedule ends; zero: there are words left
	texts   int       // said or tried
	trace   []string
	failed  bool
}

// turnGiven is a turn in the silence after a word.
type turnGiven struct {
	seat int
	at   time.Time
}

// explore runs the schedule of a seed on a new table. It must run in a bubble.
func explore(t *testing.T, seed uint64, services int) {
	db := sqlitetest.Open(t, nil)
	r := &run{
		t: t, ctx: t.Context(), seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), began: time.Now(),
		results: make(chan outcome, 64), turns: map[int64][]turnGiven{},
	}
	quiet := secretscan.Logger(t)
	for range services {
		r.services = append(r.services, chat.New(db, chat.Options{Clock: newClock(), SingleProcess: services == 1,
			MinBatch: 1, Logger: quiet}))
	}
	r.witness = roomlog.NewStore(db, roomlog.Options{Clock: newClock(), MinBatch: 1, CacheBytes: 1, Logger: quiet})
	r.people()
	r.play()
	if os.Getenv("PARLEY_SEED") != "" && !r.failed {
		t.Log("\n" + strings.Join(r.trace, "\n"))
	}
}

// play lets the agents act until the schedule is over.
func (r *run) play() {
	for !r.failed {
		r.settle(nil)
		r.peopleSupervise()
		r.settle(nil)
		r.loseCalls()
		due := r.due()
		switch now := time.Now(); {
		case len(due) > 1 && r.chance(0.5): // at the same time
			for _, a := range due {
				a.act()
			}
		case len(due) > 0:
			due[r.rng.IntN(len(due))].act()
		case r.over(now):
			r.finish()
			return
		default:
			r.sleep(now)
		}
	}
	r.stop()
}

// loseCalls ends the waits that are lost now.
func (r *run) loseCalls() {
	for _, a := range r.agents {
		if !a.losesAt.IsZero() && !a.losesAt.After(time.Now()) {
			a.lose()
			r.settle(nil)
		}
	}
}

// due returns the agents that act now.
func (r *run) due() (due []*agent) {
	for _, a := range r.agents {
		if !a.at.IsZero() && !a.at.After(time.Now()) {
			due = append(due, a)
		}
	}
	return due
}

// over reports whether the schedule has ended. It begins to end with the last word.
func (r *run) over(now time.Time) bool {
	if r.drainTo.IsZero() {
		if r.words > 0 && now.Sub(r.began) < time.Hour {
			return len(r.alive()) == 0
		}
		r.letGo()
		r.drainTo = now.Add(drainFor)
	}
	return now.After(r.drainTo) || len(r.alive()) == 0
}

// sleep waits until an agent acts or a call returns.
func (r *run) sleep(now time.Time) {
	next := now.Add(time.Minute)
	for _, a := range r.agents {
		for _, at := range []time.Time{a.at, a.losesAt} {
			if !at.IsZero() && at.Before(next) {
				next = at
			}
		}
	}
	timer := time.NewTimer(next.Sub(now))
	defer timer.Stop()
	select {
	case o := <-r.results:
		r.settle(&o)
	case <-timer.C:
	}
}

// settle waits until nothing moves, and then looks at what has happened.
func (r *run) settle(first *outcome) {
	synctest.Wait()
	var got []outcome
	if first != nil {
		got = append(got, *first)
	}
	for len(r.results) > 0 {
		got = append(got, <-r.results)
	}
	slices.SortFunc(got, func(a, b outcome) int { return cmp.Compare(a.agent.index, b.agent.index) })
	before := len(r.events)
	r.readLog()
	if len(r.events) == before && !slices.ContainsFunc(got, outcome.speaks) {
		r.checkStall(time.Now())
	}
	for _, o := range got {
		o.agent.hear(o)
	}
}

// readLog reads what was appended.
func (r *run) readLog() {
	i := slices.IndexFunc(r.agents, func(a *agent) bool { return a.token != "" })
	if i < 0 {
		return
	}
	l := r.witness.Acquire(r.agents[i].id.Room)
	defer l.Release()
	for {
		e, err := l.Event(r.ctx, int64(len(r.events))+1)
		if errors.Is(err, table.ErrNotFound) {
			return
		}
		if err != nil {
			r.t.Fatal(err)
		}
		r.note("    #%d %s", e.N, line(e))
		r.events = append(r.events, e)
	}
}

// finish hands each agent the rest, and checks that nothing is missing.
func (r *run) finish() {
	r.note("the end")
	r.stop()
	for _, a := range r.alive() {
		for more := true; more && !r.failed; {
			got, err := r.services[0].Wait(r.ctx, chat.WaitRequest{Token: a.token, Cursor: a.cursor})
			if err != nil {
				r.fail("%s looks at the end: %v", a.name, err)
				return
			}
			a.read(a.cursor, got.Messages, got.Cursor)
			more = got.HasMore
		}
		a.checkComplete()
	}
	r.checkTexts()
}

// stop ends every open call and the services.
func (r *run) stop() {
	for _, a := range r.agents {
		if a.cancel != nil {
			a.cancel()
		}
		a.at = time.Time{}
	}
	for _, s := range r.services {
		s.Stop()
	}
	synctest.Wait()
}

func (r *run) alive() (alive []*agent) {
	for _, a := range r.agents {
		if !a.gone && !a.crashed {
			alive = append(alive, a)
		}
	}
	return alive
}

func (r *run) chance(p float64) bool { return r.rng.Float64() < p }

// between returns a random duration in whole tenths of a second.
func (r *run) between(from, to time.Duration) time.Duration {
	const grain = 100 * time.Millisecond
	return from + time.Duration(r.rng.Int64N(int64((to-from)/grain)+1))*grain
}

func (r *run) service() *chat.Service { return r.services[r.rng.IntN(len(r.services))] }

func (r *run) note(format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf("%8.1f ", time.Since(r.began).Seconds())+fmt.Sprintf(format, args...))
}

// fail reports what must not happen, once for a schedule.
func (r *run) fail(format string, args ...any) {
	if r.failed {
		return
	}
	r.failed = true
	what := fmt.Sprintf(format, args...)
	r.note("FAILS: %s", what)
	r.t.Errorf("PARLEY_SEED=%d: %s\n%s", r.seed, what, strings.Join(r.trace, "\n"))
}

// id returns the id of an event as agents see it.
func (r *run) id(n int64) string {
	if n == 0 || len(r.events) == 0 {
		return ""
	}
	ids, err := ident.NewMessageIDs(r.events[0].LogKey)
	if err != nil {
		r.t.Fatal(err)
	}
	return ids.ID(n)
}

// line renders an event.
func line(e room.Event) string {
	switch {
	case e.Type != room.Said:
		return fmt.Sprintf("%s seat %d %s", e.Type, e.Seat, e.Reason)
	default:
		s := fmt.Sprintf("seat %d %s %q", e.Seat, cmp.Or(e.Kind, room.Plain), e.Text)
		if len(e.To) > 0 {
			s += fmt.Sprintf(" to %v", e.To)
		}
		if len(e.Ask) > 0 {
			s += fmt.Sprintf(" asks %v", e.Ask)
		}
		if e.ReplyTo+e.Withdraws > 0 {
			s += fmt.Sprintf(" replies %d withdraws %d", e.ReplyTo, e.Withdraws)
		}
		if len(e.Agreed) > 0 {
			s += fmt.Sprintf(" agreed %v", e.Agreed)
		}
		return s
	}
}
