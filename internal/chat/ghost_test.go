package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// TestGhost_whenANameMayBeTakenOver lets Bob do something and finds out when
// another who calls itself Bob gets his seat.
func TestGhost_whenANameMayBeTakenOver(t *testing.T) {
	wait := func(w *world, bob chat.Seated, d time.Duration) {
		got := w.open(t.Context(), chat.WaitRequest{Token: bob.Token, Wait: d}, 1)
		w.clock.Advance(d)
		take(t, got)
	}
	for _, c := range []struct {
		what string
		does func(w *world, bob chat.Seated)
		safe time.Duration // from the end of does
	}{
		{"has never used its token", func(*world, chat.Seated) {}, 20 * time.Second},
		{"looked in", func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 2 * time.Minute},
		{"looked in twice", func(w *world, bob chat.Seated) {
			w.look(bob.Token, "")
			w.clock.Advance(59 * time.Second)
			w.look(bob.Token, "")
		}, 2 * time.Minute},
		{"spoke", func(w *world, bob chat.Seated) { w.say(bob.Token, "hello") }, 2 * time.Minute},
		{"spoke twice", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			w.clock.Advance(time.Minute)
			w.say(bob.Token, "are you there?")
		}, 2 * time.Minute},
		{"waited", func(w *world, bob chat.Seated) { wait(w, bob, chat.MaxWait) }, 2 * time.Minute},
		{"spoke, then waited", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			wait(w, bob, chat.MaxWait)
		}, 2 * time.Minute},
		{"said when it will be back", func(w *world, bob chat.Seated) {
			if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token, BackIn: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}, time.Hour + 2*time.Minute},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			w.join("plans", "Ann")
			bob := w.join("plans", "Bob")
			c.does(w, bob)
			_, err := w.tryJoin("plans", "bob")
			waitsFor(t, err, fault.NameTaken, c.safe)
			w.clock.Advance(c.safe - time.Second)
			_, err = w.tryJoin("plans", "bob")
			waitsFor(t, err, fault.NameTaken, time.Second)
			w.clock.Advance(time.Second)
			again := w.join("plans", "bob")
			same(t, "seats", seats(again.Room), []string{"Ann (admin)", "bob (member)"})
		})
	}
}

// TestGhost_whoWaits_isNone has Bob wait as agents do, right after he spoke, so
// that his presence was noted a moment ago.
func TestGhost_whoWaits_isNone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "hello")
	w.clock.Advance(time.Second)
	open := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: chat.MaxWait}, 1)
	for range 2 {
		w.clock.Advance(2 * time.Minute)
		for _, w := range []*world{w, w.elsewhere()} {
			_, err := w.tryJoin("plans", "Bob")
			wants(t, err, fault.NameTaken)
		}
	}
	w.clock.Advance(time.Minute)
	if got := take(t, open); got.Status != chat.StatusQuiet {
		t.Fatalf("Bob got %+v", got)
	}
}

// TestGhost_betweenTwoWaits_isNone: an agent that waits, thinks for a moment and
// waits again is never silent.
func TestGhost_betweenTwoWaits_isNone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for range 3 {
		open := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: chat.MaxWait}, 1)
		w.clock.Advance(chat.MaxWait)
		take(t, open)
		w.clock.Advance(10 * time.Second)
		for _, w := range []*world{w, w.elsewhere()} {
			_, err := w.tryJoin("plans", "Bob")
			wants(t, err, fault.NameTaken)
		}
	}
}

func TestGhost_isReplacedByANewSeat(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(20 * time.Second)
	again := w.join("plans", "BOB")
	if again.Status != chat.StatusJoined || again.Token == p.bob.Token || again.Token[7:10] == p.bob.Token[7:10] {
		t.Errorf("Bob got %+v", again)
	}
	same(t, "Ann hears", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (replaced)", "joined BOB"})
	for _, w := range []*world{w, w.elsewhere()} {
		_, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "it is me"})
		if wants(t, err, fault.Removed); !strings.Contains(err.Error(), "use the newer agent_token") {
			t.Errorf("Bob is told %v", err)
		}
	}
}

func TestGhost_inARoomThatIsNotFull_isReplacedAllTheSame(t *testing.T) {
	w := newWorld(t)
	w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	w.join("plans", "Bob")
	w.clock.Advance(20 * time.Second)
	same(t, "seats", seats(w.join("plans", "Bob").Room), []string{"Ann (admin)", "Bob (member)"})
}

// TestGhost_ofALongSilence_isReplacedThoughItsPresenceIsForgotten: the lease is
// long over, and the seat is still there.
func TestGhost_ofALongSilence_isReplacedThoughItsPresenceIsForgotten(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.look(p.bob.Token, "")
	w.clock.Advance(time.Hour)
	w.join("plans", "Bob")
	same(t, "Ann hears", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (replaced)", "joined Bob"})
}
