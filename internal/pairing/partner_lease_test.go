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

// matched returns Ann and Bob, who met in the queue.
func (w *world) matched() (ann, bob pairing.Result) {
	w.t.Helper()
	ticket := w.ticket("Ann")
	bob = w.queue(pairing.Request{AgentName: "Bob"})
	ann = w.comesBack(ticket)
	met(w.t, ann, bob)
	return ann, bob
}

// paired is matched, and both have used their tokens.
func (w *world) paired() (ann, bob pairing.Result) {
	w.t.Helper()
	ann, bob = w.matched()
	w.look(ann.Token, "")
	w.look(bob.Token, "")
	return ann, bob
}

// leftAfter fails unless Bob loses his seat after this silence, and not a second
// sooner. Ann waits from a minute before.
func (w *world) leftAfter(ann pairing.Result, silence time.Duration) {
	w.t.Helper()
	moment := w.clock.Now().Add(silence)
	w.clock.Advance(silence - time.Minute)
	wait := w.waiting(w.t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: 4 * time.Minute, Standby: true})
	timers := 2 // the wait and the lease sweeper
	if silence < 2*time.Minute {
		timers++ // whose turn it is: Bob still counts as present
	}
	w.blocked(timers)
	w.clock.Advance(time.Minute - time.Second)
	w.blocked(2)
	same(w.t, "seats one second before", w.seats(ann.Token), []string{"Ann (admin)", "Bob (member)"})
	w.clock.Advance(time.Second)
	got := take(w.t, wait)
	same(w.t, "Ann receives", lines(got.Messages), []string{"left Bob (timeout)"})
	if got.Status != chat.StatusAllDone || !w.clock.Now().Equal(moment) {
		w.t.Errorf("%s at %s", got.Status, w.clock.Now())
	}
}

// slack is how far a stored presence may be behind in a paired room.
const slack = 15 * time.Second

// The call that brings the partner is no use of the token: nobody knows whether its
// answer arrived.
func TestPartnerLease_tokenNeverUsed_losesItsSeatAfterNinetySeconds(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	w.leftAfter(ann, 90*time.Second)
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "I am here"})
	wants(t, err, fault.Removed)
	if !strings.Contains(err.Error(), "enter_queue") {
		t.Errorf("the error does not name enter_queue: %q", err)
	}
}

// Whatever uses the token counts, in whatever process.
func TestPartnerLease_tokenUsedOnce_lastsFiveMinutesFromThen(t *testing.T) {
	for what, use := range map[string]func(w *world, bob pairing.Result){
		"a look":    func(w *world, bob pairing.Result) { w.look(bob.Token, bob.Cursor) },
		"a message": func(w *world, bob pairing.Result) { w.say(bob.Token, "hello") },
		"room_info": func(w *world, bob pairing.Result) { w.seats(bob.Token) },
		"join_room": func(w *world, bob pairing.Result) {
			if _, err := w.JoinRoom(w.t.Context(), chat.JoinRequest{Token: bob.Token}); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.matched()
			elsewhere := onTable(t, w.clock, w.table, chat.Options{})
			w.clock.Advance(time.Second)
			use(elsewhere, bob)
			cold := onTable(t, w.clock, w.table, chat.Options{SingleProcess: true})
			ann.Cursor = cold.look(ann.Token, ann.Cursor).Cursor
			cold.leftAfter(ann, 5*time.Minute+slack)
		})
	}
}

func TestPartnerLease_silentForFiveMinutes_losesItsSeat(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	w.leftAfter(ann, 5*time.Minute+slack)
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "I am back"})
	wants(t, err, fault.Removed)
	if !strings.Contains(err.Error(), "enter_queue") {
		t.Errorf("the error does not name enter_queue: %q", err)
	}
}

func TestPartnerLease_announcedAbsence_endsAfterTenMinutesAtMost(t *testing.T) {
	for _, c := range []struct{ away, left time.Duration }{
		{3 * time.Minute, 8 * time.Minute}, {5 * time.Minute, 10 * time.Minute}, {time.Hour, 10 * time.Minute},
	} {
		w := newWorld(t)
		ann, bob := w.paired()
		if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token, Absence: chat.Absence{Given: true, BackIn: c.away}}); err != nil {
			t.Fatal(err)
		}
		w.leftAfter(ann, c.left+slack)
	}
}

func TestPartnerLease_silentAdminLosesItsSeat_partnerBecomesAdmin(t *testing.T) {
	w := newWorld(t)
	_, bob := w.paired()
	w.clock.Advance(5*time.Minute + slack)
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute, Standby: true})
	same(t, "Bob receives", lines(take(t, wait).Messages), []string{"left Ann (timeout)"})
	same(t, "seats", w.seats(bob.Token), []string{"Bob (admin)"})
}

// The second message of Bob renews no stored presence. A process that loads the room
// finds it in the log, although it lies before the page that a load reads.
func TestPartnerLease_messageThatRenewedNoPresence_countsAsACall(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	elsewhere := onTable(t, w.clock, w.table, chat.Options{})
	elsewhere.say(bob.Token, "hello")
	w.clock.Advance(slack - time.Second)
	elsewhere.say(bob.Token, "only in the log")
	for i := range 30 {
		elsewhere.say(ann.Token, fmt.Sprintf("answer %d", i))
	}
	ann.Cursor = elsewhere.look(ann.Token, ann.Cursor).Cursor
	cold := onTable(t, w.clock, w.table, chat.Options{SingleProcess: true})
	cold.leftAfter(ann, 5*time.Minute+slack)
}

func TestPartnerLease_partnerReturnsWhileItIsRemoved_staysSeated(t *testing.T) {
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

func TestPartnerLease_roomThatWasNotPaired_neverSweepsSilentAgents(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.join("plans", "Bob")
	ann.Cursor = w.look(ann.Token, ann.Cursor).Cursor
	w.clock.Advance(time.Hour)
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute, Standby: true})
	w.blocked(1)
	w.clock.Advance(time.Minute)
	if got := take(t, wait); got.Status != chat.StatusQuiet {
		t.Fatalf("got %+v", got)
	}
}

// Presence in a paired room expires sooner, and with it the fact that the token was
// used. Whoever then takes the name is still not shown the messages.
func TestPartnerLease_nameOfAPartnerThatOnlyRead_showsAStrangerNothing(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.paired()
	w.say(ann.Token, "between the two of us")
	w.look(bob.Token, bob.Cursor)
	w.clock.Advance(6 * time.Minute)
	w = w.elsewhere() // it knows only what is stored
	stranger := w.join(ann.Room.Name, "Bob")
	got, err := w.History(t.Context(), chat.HistoryRequest{Token: stranger.Token, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		if m.Type == chat.EventSaid {
			t.Errorf("the stranger reads %q", m.Text)
		}
	}
}
