package chat_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
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
	runs := *faultRuns
	if testing.Short() {
		runs = min(runs, 100)
	}
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for worker := range 4 {
		// The file's own timer must not be hurried: it would sweep without end.
		file, err := bolttable.Open(filepath.Join(t.TempDir(), fmt.Sprint(worker)), bolttable.Options{Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		all.Go(func() {
			for seed := range seeds {
				if err := underFaults(t.Context(), seed, clock, file); err != nil {
					t.Errorf("seed %d (again with -fault-seed=%d -fault-runs=1): %v", seed, seed, err)
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
	services []*chat.Service
	faulty   *tabletest.Faulty
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
}

func underFaults(ctx context.Context, seed uint64, clock *clockwork.FakeClock, file table.Table) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	faults := []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}[seed%3]
	r := &run{
		ctx: ctx, seed: seed, room: fmt.Sprintf("room %d", seed), capacity: 2 + rng.IntN(3),
		faulty: tabletest.NewFaulty(file, clock, seed, faults),
	}
	for range 3 {
		r.services = append(r.services, chat.New(r.faulty, chat.Options{
			Clock: hurriedClock{clock}, GroupFrom: 1 + rng.IntN(4), Logger: slog.New(slog.DiscardHandler),
		}))
	}
	names := []string{"Ann", "Bob", "Cid", "Ann", "Dora"}
	errs := make(chan error, len(names))
	for i, name := range names {
		g := &guest{
			run: r, name: name, rng: rand.New(rand.NewPCG(seed, uint64(i)+2)),
			said: map[string]int64{}, tried: map[string]bool{},
		}
		r.guests = append(r.guests, g)
		go func() { errs <- g.visit(i) }()
	}
	var all error
	for range names {
		all = errors.Join(all, <-errs)
	}
	r.faulty.Settle()
	if all != nil {
		return all
	}
	return r.judge(file)
}

// any returns one of the services: calls of an agent go to any process.
func (g *guest) any() *chat.Service { return g.services[g.rng.IntN(len(g.services))] }

// retry makes call until it has an answer. Only a store that does not answer is
// a reason to repeat.
func (g *guest) retry(call func() error) error {
	for range 400 {
		if err := call(); chat.CodeOf(err) != chat.Unavailable {
			return err
		}
	}
	return fmt.Errorf("%s: no answer in 400 calls", g.name)
}

func (g *guest) visit(i int) error {
	err := g.retry(func() (err error) {
		g.seated, err = g.any().JoinRoom(g.ctx, chat.JoinRequest{Room: g.room, AgentName: g.name, Capacity: g.capacity})
		return err
	})
	switch chat.CodeOf(err) {
	case "":
	case chat.RoomFull, chat.NameTaken:
		return nil
	default:
		return fmt.Errorf("%s joins: %w", g.name, err)
	}
	g.cursor = g.seated.Cursor
	for k := range 3 + g.rng.IntN(3) {
		if err := g.say(fmt.Sprintf("message %d of guest %d, who is called %s here", k, i, g.name)); err != nil || g.removed {
			return err
		}
		if g.rng.IntN(2) == 0 {
			if _, err := g.listen(); err != nil || g.removed {
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

// say says text, again and again until it is acknowledged, as a client does.
func (g *guest) say(text string) error {
	g.tried[text] = true
	err := g.retry(func() error {
		got, err := g.any().Send(g.ctx, chat.SendRequest{Token: g.seated.Token, Text: text})
		if err == nil {
			g.said[text] = got.Seq
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

// gone takes note of a removal, which is no fault: the same name may take over
// a seat whose join was not acknowledged, or that was silent for long.
func (g *guest) gone(err error) error {
	if chat.CodeOf(err) == chat.Removed {
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
func (r *run) judge(file table.Table) error {
	logs := map[string]*roomLog{}
	for _, g := range r.guests {
		if g.seated.Token == "" {
			continue
		}
		room := g.seated.Token[:7]
		if logs[room] == nil {
			log, err := readLog(r.ctx, file, room)
			if err != nil {
				return err
			}
			if err := log.check(r.capacity); err != nil {
				return err
			}
			logs[room] = log
		}
		if err := g.judge(logs[room]); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
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
	return nil
}

func (g *guest) judge(log *roomLog) error {
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
	if g.seated.Token == "" || g.removed {
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
