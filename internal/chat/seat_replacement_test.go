package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// Bob does something and falls silent. Another agent then tries to join as Bob.
func TestReplace_silentName_isFreeAfterThisTime(t *testing.T) {
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
		{"polled", func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 2 * time.Minute},
		{"polled twice", func(w *world, bob chat.Seated) {
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
		{"announced its return", func(w *world, bob chat.Seated) {
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

// Bob waits right after he spoke, so that his presence was stored only a moment ago.
func TestReplace_agentThatWaits_keepsItsName(t *testing.T) {
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

func TestReplace_agentBetweenTwoWaits_keepsItsName(t *testing.T) {
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

func TestReplace_silentAgent_losesItsSeatToANewOne(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(20 * time.Second)
	again := w.join("plans", "BOB")
	if again.Status != chat.StatusJoined || again.Token == p.bob.Token || again.Token[7:10] == p.bob.Token[7:10] {
		t.Errorf("Bob got %+v", again)
	}
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (replaced)", "joined BOB"})
	for _, w := range []*world{w, w.elsewhere()} {
		_, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "it is me"})
		if wants(t, err, fault.Removed); !strings.Contains(err.Error(), "use the newer agent_token") {
			t.Errorf("Bob gets %v", err)
		}
	}
}

func TestReplace_roomThatIsNotFull_stillReplacesTheSilentSeat(t *testing.T) {
	w := newWorld(t)
	w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	w.join("plans", "Bob")
	w.clock.Advance(20 * time.Second)
	same(t, "seats", seats(w.join("plans", "Bob").Room), []string{"Ann (admin)", "Bob (member)"})
}

func TestReplace_leaseEndedAndPresenceExpired_stillReplacesTheSeat(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.look(p.bob.Token, "")
	w.clock.Advance(time.Hour)
	w.join("plans", "Bob")
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (replaced)", "joined Bob"})
}

// Whoever takes the name of a silent agent may be its owner, back without the token, or
// anybody who knows the name.
func TestReplace_agentThatHadCalled_leavesOnlyUnreadMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "the secret is 42")
	w.look(p.bob.Token, p.bob.Cursor)
	w.say(p.bob.Token, "noted")
	w.clock.Advance(time.Second) // Bob falls silent here
	w.say(p.ann.Token, "are you still there?")
	w.clock.Advance(3 * time.Minute)
	again := w.join("plans", "Bob")
	if got := texts(again.Messages); !slices.Equal(got, []string{"are you still there?"}) {
		t.Errorf("the new Bob is given %q", got)
	}
	var held []string
	for _, m := range w.history(again.Token, chat.HistoryRequest{}).Messages {
		held = append(held, m.Text)
	}
	if slices.Contains(held, "noted") || slices.Contains(held, "the secret is 42") {
		t.Errorf("his history holds %q", held)
	}
}

func TestReplace_agentThatNeverUsedItsToken_leavesAllMessages(t *testing.T) {
	for _, after := range []time.Duration{20 * time.Second, 5 * time.Minute} {
		w := newWorld(t)
		ann := w.join("plans", "Ann")
		w.say(ann.Token, "hello, who is there?")
		w.join("plans", "Bob") // the reply is lost
		w.clock.Advance(after)
		if got := texts(w.join("plans", "Bob").Messages); !slices.Equal(got, []string{"hello, who is there?"}) {
			t.Errorf("after %v Bob is given %q", after, got)
		}
	}
}

func TestReplace_agentWhoseLeaseEnded_leavesNoMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "the secret is 42")
	w.clock.Advance(20 * time.Minute)
	w.say(p.ann.Token, "still here")
	if got := texts(w.join("plans", "Bob").Messages); len(got) != 0 {
		t.Errorf("the new Bob is given %q", got)
	}
}

func TestReplace_adminThatNeverUsedItsToken_losesItsSeat(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.join("plans", "Bob") // the reply is lost
	w.clock.Advance(10 * time.Minute)
	w.leave(ann.Token) // Bob is admin now
	w.clock.Advance(10 * time.Minute)
	if _, err := w.tryJoin("plans", "Bob"); err != nil {
		t.Error(err)
	}
}
