package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// tick is how far the clock of a test moves at once.
const tick = 50 * time.Millisecond

// ticked is the rule of the code on a clock that moves in ticks.
func ticked(age time.Duration) time.Duration { return (polled(age) + tick - 1) / tick * tick }

// Bob waits at one process, and Ann speaks at another one of the same table. Bob's process reads as
// often as the simulation says, and finds the message when that says.
func TestPoll_isWhatAProcessDoes(t *testing.T) {
	t.Parallel()
	for _, silence := range []time.Duration{tick, time.Second, 2300 * time.Millisecond, 17350 * time.Millisecond,
		40 * time.Second} {
		reads, found := pollOfAWait(t, silence)
		want, when := poll(ticked, 0, 0, silence+1) // a read at the very moment was before the message
		if reads != want+1 || found != when {
			t.Errorf("after a silence of %v a message is found after %d reads, at %v; the simulation says %d, at %v",
				silence, reads, found, want+1, when)
		}
	}
}

// pollOfAWait returns how often a process reads until it finds a message, and when it does.
func pollOfAWait(t *testing.T, silence time.Duration) (reads int, found time.Duration) {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 0)) // events have whole milliseconds
	began, done := clock.Now(), make(chan struct{})
	shared := &tabletest.Hooks{Table: sqlitetest.Open(t, clockwork.NewRealClock())}
	o := chat.Options{Clock: clock, Logger: slog.New(slog.DiscardHandler)}
	here, there := chat.New(shared, o), chat.New(shared, o)
	join := func(s *chat.Service, name string) chat.Seated {
		seat, err := s.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: name})
		if err != nil {
			t.Fatal(err)
		}
		return seat
	}
	ann, bob := join(there, "Ann"), join(here, "Bob")
	shared.After = func(_ context.Context, c *tabletest.Call) {
		polls := c.Range.Consistency == table.Eventual && strings.HasPrefix(c.Range.Prefix, "LOG#") && c.Range.Limit > 1
		if !polls || found > 0 {
			return
		}
		if reads++; len(c.Page.Items) > 0 {
			found = clock.Since(began)
		}
	}
	go func() {
		defer close(done)
		r := chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: 50 * time.Second}
		if got, err := here.Wait(t.Context(), r); err != nil || len(got.Messages) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	}()
	for said := false; ; clock.Advance(tick) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		go func() { <-done; cancel() }()
		err := clock.BlockUntilContext(ctx, 3) // the timers of the wait, of the silence and of the poller
		cancel()
		switch {
		case found > 0:
			<-done
			return reads, found
		case err != nil:
			t.Fatal(err)
		case clock.Since(began) >= silence && !said:
			said = true
			if _, err := there.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: "hello"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
