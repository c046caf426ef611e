package pairing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// paired is a pair that met in the queue.
func (w *world) paired() (ann, bob pairing.Result) {
	w.t.Helper()
	ticket := w.queue(pairing.Request{AgentName: "Ann"}).Ticket
	bob = w.queue(pairing.Request{AgentName: "Bob"})
	ann = w.queue(pairing.Request{Ticket: ticket})
	met(w.t, ann, bob)
	return ann, bob
}

// leftAfter fails unless Ann, who waits from a minute before on, is told that Bob has
// left when this moment comes, and not a second before.
func (w *world) leftAfter(ann pairing.Result, silence time.Duration) {
	w.t.Helper()
	moment := w.clock.Now().Add(silence)
	w.clock.Advance(silence - time.Minute)
	wait := w.waiting(w.t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: 4 * time.Minute, Standby: true})
	w.blocked(2) // the wait, and the look at who has gone silent
	w.clock.Advance(time.Minute - time.Second)
	w.blocked(2)
	same(w.t, "a second before", seats(w.info(ann.Token).Room), []string{"Ann (admin)", "Bob (member)"})
	w.clock.Advance(time.Second)
	got := take(w.t, wait)
	same(w.t, "Ann hears", lines(got.Messages), []string{"left Bob (timeout)"})
	if got.Status != chat.StatusEnded || !w.clock.Now().Equal(moment) {
		w.t.Errorf("%s at %s", got.Status, w.clock.Now())
	}
}

// slack is by how much what a process writes of a pair's presence may fall behind.
const slack = 15 * time.Second

func TestVigil_partnerSilentForFiveMinutes_hasLeft(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	w.leftAfter(ann, 5*time.Minute+slack)
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "I am back"})
	wants(t, err, fault.Removed)
	if !strings.Contains(err.Error(), "enter_queue") {
		t.Errorf("Bob is told %q", err)
	}
}

func TestVigil_partnerAnnouncedAway_hasLeftAfterTenMinutesAtMost(t *testing.T) {
	for _, c := range []struct{ away, left time.Duration }{
		{3 * time.Minute, 8 * time.Minute}, {5 * time.Minute, 10 * time.Minute}, {time.Hour, 10 * time.Minute},
	} {
		w := newWorld(t)
		ann, bob := w.paired()
		if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token, BackIn: c.away}); err != nil {
			t.Fatal(err)
		}
		w.leftAfter(ann, c.left+slack)
	}
}

func TestVigil_adminOfAPairSilent_hasLeftAndThePartnerBecomesAdmin(t *testing.T) {
	w := newWorld(t)
	_, bob := w.paired()
	w.clock.Advance(5*time.Minute + slack)
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute})
	same(t, "Bob hears", lines(take(t, wait).Messages), []string{"left Ann (timeout)"})
	same(t, "seats", seats(w.info(bob.Token).Room), []string{"Bob (admin)"})
}

func TestVigil_wordOfThePartner_countsAsACall(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	elsewhere := onTable(t, w.clock, w.table, chat.Options{})
	elsewhere.say(bob.Token, "hello") // this is noted
	w.clock.Advance(slack - time.Second)
	elsewhere.say(bob.Token, "and this is not, but in the log")
	for i := range 30 { // more than a process reads that comes to know the room
		elsewhere.say(ann.Token, fmt.Sprintf("answer %d", i))
	}
	ann.Cursor = elsewhere.look(ann.Token, ann.Cursor).Cursor
	cold := onTable(t, w.clock, w.table, chat.Options{SingleProcess: true})
	cold.leftAfter(ann, 5*time.Minute+slack)
}

func TestVigil_partnerReturnsMeanwhile_keepsItsSeat(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	w.clock.Advance(5*time.Minute + slack)
	tries, refused := 0, make(chan struct{})
	over := &tabletest.Hooks{Table: w.table}
	over.Before = func(_ context.Context, c tabletest.Call) error {
		if puts(c.Ops, "GONE#") {
			if tries++; tries == 1 {
				w.look(bob.Token, "")
			}
		}
		return nil
	}
	over.After = func(_ context.Context, c *tabletest.Call) {
		if puts(c.Ops, "GONE#") && tries == 1 {
			close(refused)
		}
	}
	late := onTable(t, w.clock, over, chat.Options{SingleProcess: true})
	wait := late.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute, Standby: true})
	<-refused
	late.blocked(2)
	w.clock.Advance(time.Minute)
	if got := take(t, wait); got.Status != chat.StatusQuiet || tries != 1 {
		t.Fatalf("got %+v after %d tries", got, tries)
	}
	w.say(bob.Token, "still here")
}

func TestVigil_roomThatNobodyWasPairedIn_keepsSilentAgents(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(time.Hour)
	wait := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute, Standby: true}, 1)
	w.clock.Advance(time.Minute)
	if got := take(t, wait); got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v", got)
	}
}

// TestGhost_ofAPairThatOnlyRead_isNotItsReader: in a room that the queue has made,
// presence is forgotten sooner, and with it that a token was used.
func TestGhost_ofAPairThatOnlyRead_isNotItsReader(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	w.say(ann.Token, "between the two of us")
	w.look(bob.Token, bob.Cursor)
	w.clock.Advance(6 * time.Minute)
	w = w.elsewhere() // it knows only what is noted
	stranger := w.join(ann.Room.Name, "Bob")
	same(t, "a stranger of his name", texts(w.all(stranger.Token)), nil)
}
