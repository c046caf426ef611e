package pairing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
)

// matched returns Ann and Bob, who met in the queue. Ann has waited longer.
func (w *world) matched() (ann, bob pairing.Result) {
	w.t.Helper()
	ticket := w.ticket("Ann")
	bob = w.queue(pairing.Request{AgentName: "Bob"})
	ann = w.comesBack(ticket)
	met(w.t, ann, bob)
	return ann, bob
}

// An agent whose partner never calls hears so, however long the agent wants to wait, and even if only a program waits
// for it. Then the agent finds another partner.
func TestPartner_neverCalls_isLeftForAnother(t *testing.T) {
	longer := func(ann, bob pairing.Result) (here, ghost pairing.Result) { return bob, ann }
	later := func(ann, bob pairing.Result) (here, ghost pairing.Result) { return ann, bob }
	for what, c := range map[string]struct {
		ghost   func(ann, bob pairing.Result) (here, ghost pairing.Result)
		standby bool
	}{
		"ghost waited longer":                   {longer, false},
		"ghost came later":                      {later, false},
		"ghost came later, beside a program":    {later, true},
		"ghost waited longer, beside a program": {longer, true},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			here, ghost := c.ghost(w.matched())
			wait := w.waiting(t.Context(), chat.WaitRequest{Token: here.Token, Cursor: here.Cursor,
				Wait: 12 * time.Hour, Standby: c.standby})
			w.blocked(2) // the timers of the wait and of its presence
			w.clock.Advance(5*time.Minute - time.Second)
			if len(wait) > 0 {
				t.Fatalf("after less than five minutes: %+v", <-wait)
			}
			w.clock.Advance(time.Second)
			got := take(t, wait)
			if got.Status != chat.StatusAllDone || !got.Situation.Paired || got.Situation.Others != 1 ||
				got.Situation.OthersIdle != 5*time.Minute {
				t.Fatalf("got %+v", got)
			}
			w.leave(here.Token)
			again := w.ticket(here.Name)
			met(t, w.queue(pairing.Request{AgentName: "Cid"}), w.comesBack(again))
			if left := w.seats(ghost.Token); len(left) != 1 || !strings.HasPrefix(left[0], ghost.Name+" ") {
				t.Errorf("the ghost's room has %q", left)
			}
		})
	}
}

// A wait of a pair lasts for five minutes at most. The wait ends because the partner is silent only if the partner
// neither called nor waited, announced no absence, and is owed no answer.
func TestPartner_thereOrExpected_isWaitedFor(t *testing.T) {
	for what, c := range map[string]struct {
		before, meanwhile func(w *world, bob pairing.Result)
	}{
		"has called": {meanwhile: func(w *world, bob pairing.Result) { w.look(bob.Token, bob.Cursor) }},
		"waits": {meanwhile: func(w *world, bob pairing.Result) {
			w.waiting(w.t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Hour,
				Standby: true})
			w.blocked(4)
		}},
		"is away": {before: func(w *world, bob pairing.Result) {
			_, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor,
				Absence: chat.Absence{Given: true, BackIn: time.Hour}})
			if err != nil {
				w.t.Fatal(err)
			}
		}},
		"has asked": {before: func(w *world, bob pairing.Result) {
			_, err := w.Send(w.t.Context(), chat.SendRequest{Token: bob.Token, Text: "Where?", Kind: room.Request,
				Ask: []string{"Ann"}})
			if err != nil {
				w.t.Fatal(err)
			}
		}},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.matched()
			if c.before != nil {
				c.before(w, bob)
			}
			ann.Cursor = w.look(ann.Token, ann.Cursor).Cursor
			wait := w.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Hour,
				Standby: true})
			w.blocked(2)
			w.clock.Advance(time.Minute)
			if c.meanwhile != nil {
				c.meanwhile(w, bob)
			}
			w.clock.Advance(4 * time.Minute)
			if got := take(t, wait); got.Status == chat.StatusAllDone {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Bob waited for minutes, and a message has just ended his wait: he is at work on the answer.
func TestPartner_atWorkAfterALongWait_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: chat.PartnerSilent})
	w.blocked(2)
	w.clock.Advance(chat.PartnerSilent - 20*time.Second)
	w.say(ann.Token, "a long question")
	take(t, wait)
	w.clock.Advance(50 * time.Second)
	if got := w.look(ann.Token, ann.Cursor); got.Status == chat.StatusAllDone || got.Situation.NoPartner {
		t.Errorf("got %+v", got)
	}
}

// Bob's process writes his presence often enough for others: only what Bob does within a minute may be unknown there.
func TestPartner_whoseSendIsHeldBackElsewhere_isWaitedFor(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	there := w.elsewhere()
	cursor := there.look(bob.Token, bob.Cursor).Cursor
	w.say(ann.Token, "one")
	w.clock.Advance(chat.PartnerSilent - 10*time.Second)
	got, err := there.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "an answer", Cursor: cursor})
	if err != nil || got.Sent {
		t.Fatalf("got %+v, %v", got, err)
	}
	w.clock.Advance(10 * time.Second)
	if got := w.look(ann.Token, ann.Cursor); got.Status == chat.StatusAllDone {
		t.Errorf("got %+v", got)
	}
}

// Nobody else wants a seat in a room of a pair, so an agent that was silent for long still has its seat.
func TestPartner_backAfterTwentyMinutes_hasItsSeat(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	w.look(bob.Token, bob.Cursor)
	w.clock.Advance(20 * time.Minute)
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute,
		Standby: true})
	w.blocked(1)
	w.clock.Advance(30 * time.Second)
	w.say(bob.Token, "I am back")
	same(t, "Ann receives", lines(take(t, wait).Messages), []string{"Bob: I am back"})
}

// A stranger who knows the name of the room finds the room silent, and begins it anew.
func TestPartner_nameOfARoomThatIsOver_showsAStrangerNothing(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	w.say(ann.Token, "between the two of us")
	w.look(bob.Token, bob.Cursor)
	w.clock.Advance(16 * time.Minute)
	w = w.elsewhere() // the new process knows only what is stored
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
