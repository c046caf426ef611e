package pairing_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

var (
	faultRuns = flag.Int("fault-runs", 15, "how many seeds TestEnterQueue_underFaults runs")
	faultSeed = flag.Uint64("fault-seed", 1, "the first of these seeds")
)

// TestEnterQueue_underFaults has agents look for partners through several processes,
// on a table that loses replies, refuses calls, writes late, and returns stale and
// partial reads. Still no ticket is paired twice, every ticket leads to its owner's
// seat, and both partners get the same pair.
func TestEnterQueue_underFaults(t *testing.T) {
	underFaults(t, *faultSeed, *faultRuns)
}

// TestSoak_enterQueue runs many more seeds.
func TestSoak_enterQueue_underFaults(t *testing.T) {
	soak(t)
	underFaults(t, 1_000, 10_000)
}

// soak skips a test that takes minutes, unless it is asked for.
func soak(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
}

func underFaults(t *testing.T, first uint64, runs int) {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	file := sqlitetest.Open(t, clock) // its clock stands still: expiry is tested elsewhere
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for seed := range seeds {
				if err := queueUnderFaults(t.Context(), seed, clockwork.NewFakeClockAt(clock.Now()), file); err != nil {
					t.Errorf("seed %d (again with -args -fault-seed=%d -fault-runs=1): %v", seed, seed, err)
				}
			}
		})
	}
	for i := range runs {
		seeds <- first + uint64(i)
	}
	close(seeds)
	all.Wait()
}

// queueRun is one queue under faults.
type queueRun struct {
	ctx      context.Context
	queue    string
	open     func() process
	services []process
	file     table.Table // without the faults
	seekers  []*seeker
}

// seeker is an agent of a queueRun.
type seeker struct {
	*queueRun
	name    string
	rng     *rand.Rand
	tickets []string // all tickets that the agent received
	got     pairing.Result
	left    bool
	leaving bool // the agent tried to leave and got no answer
	lost    int  // first calls without an answer; each may have left a ticket that nobody owns
}

func queueUnderFaults(ctx context.Context, seed uint64, clock *clockwork.FakeClock, file table.Table) error {
	faults := []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}[seed%3]
	faulty := tabletest.NewFaulty(file, clock, seed, faults)
	r := &queueRun{ctx: ctx, queue: fmt.Sprintf("queue %d", seed), file: file}
	r.open = func() process {
		return newProcess(faulty, chat.Options{Clock: hurriedClock{clock}, Logger: slog.New(slog.DiscardHandler)})
	}
	r.services = []process{r.open(), r.open(), r.open()}
	errs := make(chan error)
	for i, name := range []string{"Ann", "Bob", "Cid", "Dora", "Ann", "Eve"} {
		s := &seeker{queueRun: r, name: name, rng: rand.New(rand.NewPCG(seed, uint64(i)))}
		r.seekers = append(r.seekers, s)
		go func() { errs <- s.visit(10) }()
	}
	var all error
	for range r.seekers {
		all = errors.Join(all, <-errs)
	}
	faulty.Settle()
	for _, s := range r.seekers { // without faults, agents that still wait find each other
		all = errors.Join(all, s.visit(3))
	}
	if all != nil {
		return all
	}
	return r.check()
}

// visit looks for a partner. It makes at most this many calls that get an answer.
func (s *seeker) visit(calls int) error {
	for tries := 0; calls > 0 && tries < 400 && !s.left && s.got.Token == ""; tries++ {
		req := pairing.Request{AgentName: s.name, Queue: s.queue, Wait: time.Duration(s.rng.IntN(3)) * time.Second}
		if n := len(s.tickets); n > 0 {
			req = pairing.Request{Ticket: s.tickets[n-1], Wait: req.Wait, Leave: s.rng.IntN(12) == 0}
		} else if s.rng.IntN(2) == 0 {
			req.Interests = []string{[]string{"go", "tea"}[s.rng.IntN(2)]}
		}
		got, err := s.any().pairing.EnterQueue(s.ctx, req)
		switch code := fault.CodeOf(err); {
		case code == fault.Unavailable:
			if req.Ticket == "" {
				s.lost++
			}
			s.leaving = s.leaving || req.Leave
		case code == fault.InvalidArgument && s.leaving:
			s.left = true // the agent had left, but the reply was lost
		case err != nil:
			return fmt.Errorf("%s: %w", s.name, err)
		case got.Status == pairing.Waiting && req.Ticket != "" && got.Ticket != req.Ticket:
			return fmt.Errorf("%s got another ticket in exchange for its own", s.name)
		case got.Status == pairing.Waiting:
			s.tickets = append(s.tickets, got.Ticket)
			calls--
		default:
			s.got, s.left = got, got.Status == pairing.Left
		}
	}
	return nil
}

// any returns one of the processes, or a new one.
func (s *seeker) any() process {
	if i := s.rng.IntN(len(s.services) + 1); i < len(s.services) {
		return s.services[i]
	}
	return s.open()
}

// check fails unless the seekers got consistent answers.
func (r *queueRun) check() error {
	if err := r.matches(); err != nil {
		return err
	}
	rooms, ghosts, waiting := map[string][]*seeker{}, map[string]int{}, map[string]bool{}
	for _, s := range r.seekers {
		ghosts[s.name] += s.lost
		switch {
		case s.got.Token != "":
			rooms[s.got.Token[:7]] = append(rooms[s.got.Token[:7]], s)
		case !s.left && len(s.tickets) > 0:
			waiting[s.name] = true
		}
		if err := s.check(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if len(waiting) > 1 {
		return fmt.Errorf("%v wait side by side", waiting)
	}
	for _, in := range rooms {
		switch a := in[0]; {
		case len(in) > 2:
			return fmt.Errorf("%d agents have a seat in a room of two", len(in))
		case len(in) == 1 && ghosts[a.got.Partner.Name] == 0:
			return fmt.Errorf("%s was paired with %s, who was not", a.name, a.got.Partner.Name)
		case len(in) == 2 && (a.got.Partner.Name != in[1].name || in[1].got.Partner.Name != a.name ||
			a.got.Opens == in[1].got.Opens):
			return fmt.Errorf("%s and %s got different answers", a.name, in[1].name)
		}
	}
	return nil
}

// check compares the agent's answers with the answers of a new process.
func (s *seeker) check() error {
	if s.got.Token == "" {
		return nil
	}
	fresh := s.open()
	info, err := fresh.RoomInfo(s.ctx, chat.InfoRequest{Token: s.got.Token})
	if err != nil {
		return err
	}
	if len(info.Room.Agents) != 2 || s.got.Partner.Name == s.name {
		return fmt.Errorf("paired with %s in a room of %d", s.got.Partner.Name, len(info.Room.Agents))
	}
	for _, ticket := range s.tickets {
		again, err := fresh.pairing.EnterQueue(s.ctx, pairing.Request{Ticket: ticket})
		if err != nil || again.Token != s.got.Token {
			return fmt.Errorf("the ticket leads to another seat the second time: %+v, %w", again, err)
		}
	}
	return nil
}

// matches fails unless every room was made for two tickets of two names.
func (r *queueRun) matches() error {
	page, err := r.file.Query(r.ctx, table.Range{
		Partition: "QUEUE#" + r.queue, Prefix: "MATCH#", Limit: table.MaxLimit, Consistency: table.Strong,
	})
	if err != nil {
		return err
	}
	type seat struct {
		room string
		seat int
	}
	taken, tickets := map[seat]bool{}, map[string]int{}
	for _, item := range page.Items {
		var m struct {
			Room string `json:"room"`
			Seat int    `json:"seat"`
		}
		if err := json.Unmarshal(item.Data, &m); err != nil {
			return err
		}
		if m.Room == "" {
			continue
		}
		if taken[seat{m.Room, m.Seat}] {
			return fmt.Errorf("seat %d of room %s was given to two tickets", m.Seat, m.Room)
		}
		taken[seat{m.Room, m.Seat}] = true
		tickets[m.Room]++
	}
	for room, n := range tickets {
		if n != 2 {
			return fmt.Errorf("room %s was made for %d tickets", room, n)
		}
	}
	return nil
}
