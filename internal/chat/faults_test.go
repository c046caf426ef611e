package chat_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

var (
	faultRuns = flag.Int("fault-runs", 2000, "seeded runs under the faulty table")
	faultSeed = flag.Uint64("fault-seed", 1, "the first seed")
)

// hurriedClock is a fake clock on which whoever waits is woken at once, and time
// has passed. So pauses cost nothing.
type hurriedClock struct{ *clockwork.FakeClock }

func (c hurriedClock) NewTimer(d time.Duration) clockwork.Timer {
	t := c.FakeClock.NewTimer(d)
	c.Advance(d)
	return t
}

// TestUnderFaults has several agents come, talk, listen and go over several
// services on one table that loses replies, refuses, writes late, and reads
// stale and torn. Whatever happens: a name is never doubled, the seats never
// exceed the capacity, and every message that was acknowledged is in the log
// once, and reaches every reader once and in order.
func TestUnderFaults(t *testing.T) {
	if testing.Short() {
		manyRuns(t, min(*faultRuns, 100))
		return
	}
	manyRuns(t, *faultRuns)
}

// TestSoak_underFaults is the same for long.
func TestSoak_underFaults(t *testing.T) {
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes many minutes: set PARLEY_SOAK=1, or run make soak")
	}
	manyRuns(t, 100_000)
}

func manyRuns(t *testing.T, runs int) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	// One file for all: runs share its commits. Its own clock stands still, so
	// that it does not sweep without end.
	file := openBolt(t, clock)
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			// A clock each: the pauses of one run must not end the leases of another.
			hurried := clockwork.NewFakeClockAt(clock.Now())
			for seed := range seeds {
				if err := underFaults(t.Context(), seed, hurried, file); err != nil {
					t.Errorf("seed %d (again with -args -fault-seed=%d -fault-runs=1): %v", seed, seed, err)
				}
			}
		})
	}
	for i := range runs {
		seeds <- *faultSeed + uint64(i)
	}
	close(seeds)
	all.Wait()
}

// run is one room under faults.
type run struct {
	ctx      context.Context
	seed     uint64
	room     string
	capacity int
	names    []string
	services []*chat.Service
	open     func() *chat.Service
	faulty   *tabletest.Faulty
	file     table.Table // below the faulty one
	guests   []*guest
}

// guest is an agent of a run, and what it was promised and told.
type guest struct {
	*run
	name    string
	rng     *rand.Rand
	seated  chat.Seated
	said    map[string]int64 // acknowledged texts, with their numbers
	tried   map[string]bool  // texts that may have been said
	heard   []chat.Message
	cursor  string
	removed bool
	unsure  int // joins that may have happened
	refused *refusal
}

// refusal is a join that was refused, and the room before and after the call.
type refusal struct {
	code          fault.Code
	room          string
	before, after int64
}

func underFaults(ctx context.Context, seed uint64, clock *clockwork.FakeClock, file table.Table) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	faults := []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}[seed%3]
	r := &run{
		ctx: ctx, seed: seed, room: fmt.Sprintf("room %d", seed), capacity: 2 + rng.IntN(3),
		names:  []string{"Ann", "Bob", "Cid", "Ann", "Dora"},
		faulty: tabletest.NewFaulty(file, clock, seed, faults),
	}
	r.file = file
	r.open = func() *chat.Service {
		return chat.New(r.faulty, chat.Options{
			Clock: hurriedClock{clock}, MinBatch: 1 + int(seed%4), Logger: slog.New(slog.DiscardHandler),
		})
	}
	r.services = []*chat.Service{r.open(), r.open(), r.open()}
	errs := make(chan error, len(r.names))
	for i, name := range r.names {
		g := &guest{
			run: r, name: name, rng: rand.New(rand.NewPCG(seed, uint64(i)+2)),
			said: map[string]int64{}, tried: map[string]bool{},
		}
		r.guests = append(r.guests, g)
		go func() { errs <- g.visit(i) }()
	}
	var all error
	for range r.names {
		all = errors.Join(all, <-errs)
	}
	r.faulty.Settle()
	if all != nil {
		return all
	}
	return r.judge()
}

// any returns one of the services, or a new one: calls of an agent go to any
// process, some just started.
func (g *guest) any() *chat.Service {
	if i := g.rng.IntN(len(g.services) + 1); i < len(g.services) {
		return g.services[i]
	}
	return g.open()
}

// retry makes call until it has an answer. Only a store that does not answer is
// a reason to repeat.
func (g *guest) retry(call func() error) error {
	for range 400 {
		if err := call(); fault.CodeOf(err) != fault.Unavailable {
			return err
		}
	}
	return fmt.Errorf("%s: no answer in 400 calls", g.name)
}

func (g *guest) visit(i int) error {
	if err := g.join(); err != nil || g.seated.Token == "" {
		return err
	}
	g.cursor = g.seated.Cursor
	for k := range 3 + g.rng.IntN(8) {
		if err := g.say(fmt.Sprintf("message %d of guest %d, who is called %s here", k, i, g.name)); err != nil || g.removed {
			return err
		}
		if g.rng.IntN(2) == 0 {
			if _, err := g.listen(); err != nil || g.removed {
				return err
			}
		}
		if g.rng.IntN(4) == 0 {
			if err := g.decide(); err != nil || g.removed {
				return err
			}
		}
	}
	if g.rng.IntN(4) == 0 {
		return g.retry(func() error {
			_, err := g.any().LeaveRoom(g.ctx, g.seated.Token)
			g.removed = err == nil
			return err
		})
	}
	return nil
}

// join takes a seat, or is refused one.
func (g *guest) join() error {
	return g.retry(func() error {
		room, before, err := headOf(g.ctx, g.file, g.room)
		if err != nil {
			return err
		}
		g.seated, err = g.any().JoinRoom(g.ctx, chat.JoinRequest{Room: g.room, AgentName: g.name, Capacity: g.capacity})
		switch code := fault.CodeOf(err); code {
		case fault.Unavailable:
			g.unsure++
		case fault.RoomFull, fault.NameTaken:
			again, after, err := headOf(g.ctx, g.file, g.room)
			if room == again {
				g.refused = &refusal{code, room, before, after}
			}
			return err
		}
		return err
	})
}

// say says text, again and again until it is acknowledged, as a client does.
func (g *guest) say(text string) error {
	g.tried[text] = true
	tries := 0
	err := g.retry(func() error {
		got, err := g.any().Send(g.ctx, chat.SendRequest{Token: g.seated.Token, Text: text})
		if err == nil {
			g.said[text] = got.Seq
		}
		if tries++; got.Duplicate && tries == 1 {
			return fmt.Errorf("%q was taken for a duplicate at first", text)
		}
		return err
	})
	return g.gone(err)
}

// listen reads what is new, and reports whether anything was.
func (g *guest) listen() (bool, error) {
	var got chat.Waited
	err := g.retry(func() (err error) {
		got, err = g.any().Wait(g.ctx, chat.WaitRequest{Token: g.seated.Token, Cursor: g.cursor})
		return err
	})
	if err := g.gone(err); err != nil || g.removed {
		return false, err
	}
	if got.CursorIgnored || got.Missed {
		return false, fmt.Errorf("%s: the cursor %s was not followed: %+v", g.name, g.cursor, got)
	}
	g.heard = append(g.heard, got.Messages...)
	news := got.Cursor != g.cursor
	g.cursor, g.removed = got.Cursor, got.Status == chat.StatusRemoved
	return news, nil
}

// decide does to somebody what only an admin may, and few are.
func (g *guest) decide() error {
	req := chat.ManageRequest{
		Token: g.seated.Token, AgentName: g.names[g.rng.IntN(len(g.names))],
		Action: []room.Action{room.Promote, room.Promote, room.Demote, room.Kick}[g.rng.IntN(4)],
	}
	err := g.retry(func() error { _, err := g.any().ManageAgent(g.ctx, req); return err })
	if code := fault.CodeOf(err); code == fault.NotAllowed || code == fault.InvalidArgument {
		return nil // no admin, or nobody of that name
	}
	return g.gone(err)
}

// gone takes note of a removal, which is no fault: the same name may take over
// a seat whose join was not acknowledged, or that was silent for long.
func (g *guest) gone(err error) error {
	if fault.CodeOf(err) == fault.Removed {
		g.removed = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", g.name, err)
	}
	return nil
}

// judge holds what everybody was told against the logs: there are several where
// the room was deserted and began anew.
func (r *run) judge() error {
	logs := map[string]*roomLog{}
	for _, g := range r.guests {
		for _, room := range g.rooms() {
			if logs[room] != nil {
				continue
			}
			log, err := readLog(r.ctx, r.file, room)
			if err != nil {
				return err
			}
			if err := log.check(r.capacity); err != nil {
				return err
			}
			logs[room] = log
		}
	}
	open := 0
	for _, log := range logs {
		if !log.moved() {
			open++
		}
	}
	if open > 1 {
		return fmt.Errorf("%d rooms of one name", open)
	}
	if err := r.account(logs); err != nil {
		return err
	}
	for _, g := range r.guests {
		if err := g.judge(logs); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}

// rooms are those that the guest knows of.
func (g *guest) rooms() []string {
	switch {
	case g.seated.Token != "":
		return []string{g.seated.Token[:7]}
	case g.refused != nil && g.refused.room != "":
		return []string{g.refused.room}
	}
	return nil
}

// account finds a guest for every seat that was ever given out: one who got it,
// or whose join had no answer.
func (r *run) account(logs map[string]*roomLog) error {
	owed := map[string]int{}
	for _, g := range r.guests {
		owed[g.name] += g.unsure
		if g.seated.Token != "" {
			owed[g.name]++
		}
	}
	for _, log := range logs {
		for name, n := range log.joins() {
			if owed[name] -= n; owed[name] < 0 {
				return fmt.Errorf("%s has a seat that nobody was given", name)
			}
		}
	}
	return nil
}

func (g *guest) judge(logs map[string]*roomLog) error {
	if x := g.refused; x != nil && x.room != "" && !logs[x.room].justifies(*x, g.name, g.capacity) {
		return fmt.Errorf("refused with %s between events %d and %d, when nothing stood in the way", x.code, x.before, x.after)
	}
	if g.seated.Token == "" {
		return nil
	}
	log := logs[g.seated.Token[:7]]
	for text, seq := range g.said {
		if got := log.texts[text]; !slices.Equal(got, []int64{seq}) {
			return fmt.Errorf("%q was acknowledged as %d and is in the log as %d", text, seq, got)
		}
	}
	for text := range g.tried {
		if got := log.texts[text]; len(got) > 1 {
			return fmt.Errorf("%q is in the log as %d", text, got)
		}
	}
	if g.removed {
		return nil
	}
	for news := true; news && !g.removed; {
		var err error
		if news, err = g.listen(); err != nil {
			return err
		}
	}
	var heard []string
	for _, m := range g.heard {
		if m.Type == chat.Said {
			heard = append(heard, fmt.Sprintf("%d %s", m.Seq, m.Text))
		}
	}
	if want := log.after(g.seated.Cursor, g.name); !g.removed && !slices.Equal(heard, want) {
		return fmt.Errorf("heard\n\t%s\nwant\n\t%s", strings.Join(heard, "\n\t"), strings.Join(want, "\n\t"))
	}
	return nil
}
