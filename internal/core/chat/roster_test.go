package chat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A result that reports Cid's join must list Cid. The service is new and has loaded the
// last 25 events.
func TestRoster_joinDuringTheWait_matchesTheMessages(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	bob := w.join("plans", "Bob")
	for i := range 30 {
		w.say(bob.Token, fmt.Sprintf("message %d", i))
	}
	reads := 0
	l := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Range.Prefix == "LOG#" {
			reads++
			if reads == 2 { // after the load, before the wait reads new events
				w.join("plans", "Cid")
			}
		}
		return nil
	}}
	late := &world{t: t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})}
	got := late.look(ann.Token, ann.Cursor)
	received := lines(got.Messages)
	if received[len(received)-1] != "joined Cid" {
		t.Fatalf("Cid joined too late for this test: %q", received)
	}
	if names := seats(chat.Room{Agents: got.Agents}); got.Others != 2 || len(names) != 3 {
		t.Errorf("the messages have Cid's join, but the roster has %d others and %q", got.Others, names)
	}
}

func TestRoster_quietResult_hasItOnlyAfterAChange(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	quiet := func() []chat.Agent {
		t.Helper()
		got := w.look(p.ann.Token, p.ann.Cursor)
		wantStatus(t, "Ann", got, chat.StatusQuiet)
		return got.Agents
	}
	if got := quiet(); got != nil {
		t.Errorf("unchanged, but listed again: %v", got)
	}
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(time.Minute)
	if got := quiet(); got != nil {
		t.Errorf("listed after a minute of silence: %v", got)
	}
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
		Absence: away(10 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if got := quiet(); len(got) != 2 || got[1].State != chat.AgentAway {
		t.Errorf("Bob is away, but the result lists %v", got)
	}
	if got := quiet(); got != nil {
		t.Errorf("listed twice: %v", got)
	}
	w.clock.Advance(11 * time.Minute)
	if got := quiet(); len(got) != 2 || got[1].State != chat.AgentSilent {
		t.Errorf("Bob is not back in time, but the result lists %v", got)
	}
}

func TestRoster_aboveTenAgents_isTheirNumberAndWhoWaits(t *testing.T) {
	w := newWorld(t)
	var names []string
	for i := range 15 {
		names = append(names, fmt.Sprintf("Agent %02d", i))
	}
	all := w.crowd("hall", names...)
	for i := 2; i < 15; i++ {
		w.open(t.Context(), chat.WaitRequest{Token: all[i].Token, Cursor: all[i].Cursor, Wait: time.Minute})
	}
	w.leave(all[1].Token)
	shown := func(seated, waiting int) {
		t.Helper()
		got := w.look(all[0].Token, all[0].Cursor)
		if got.Seated != seated || got.AllWaiting != waiting || len(got.Agents) != 10 {
			t.Fatalf("%d seated, %d waiting, %d listed", got.Seated, got.AllWaiting, len(got.Agents))
		}
		for _, a := range got.Agents {
			if a.State != chat.AgentWaiting || waiting > 0 && a.You {
				t.Errorf("%s is %s", a.Name, a.State)
			}
		}
	}
	shown(14, 13)
	for _, a := range all[12:] {
		w.leave(a.Token)
	}
	shown(11, 10)
	w.leave(all[11].Token)
	shown(10, 0) // all of them are listed
	w.Stop()
}
