package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// The room is full. Bob does something and falls silent. A stranger then tries to join.
func TestLease_silentSeat_isSafeForThisTime(t *testing.T) {
	wait := func(w *world, bob chat.Seated, d time.Duration) {
		got := w.open(t.Context(), chat.WaitRequest{Token: bob.Token, Wait: d})
		w.clock.Advance(d)
		take(t, got)
	}
	for _, c := range []struct {
		what string
		does func(w *world, bob chat.Seated)
		safe time.Duration // from the end of does
	}{
		{"has never used its token", func(*world, chat.Seated) {}, 90 * time.Second},
		{"polled", func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 15 * time.Minute},
		{"spoke", func(w *world, bob chat.Seated) { w.say(bob.Token, "hello") }, 15 * time.Minute},
		{"returned", func(w *world, bob chat.Seated) { w.enter(chat.JoinRequest{Token: bob.Token}) }, 15 * time.Minute},
		{"read history", func(w *world, bob chat.Seated) { w.history(bob.Token, chat.HistoryRequest{}) },
			15 * time.Minute},
		{"called room_info", func(w *world, bob chat.Seated) { w.info(bob.Token) }, 15 * time.Minute},
		{"waited", func(w *world, bob chat.Seated) { wait(w, bob, longWait) }, 15 * time.Minute},
		{"spoke, then waited", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			wait(w, bob, longWait)
		}, 15 * time.Minute},
		{"spoke again, minutes later", func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			w.clock.Advance(4 * time.Minute)
			w.say(bob.Token, "are you there?")
		}, 15 * time.Minute},
		{"announced its return", func(w *world, bob chat.Seated) {
			if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token,
				Absence: away(2 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}, 2*time.Hour + 15*time.Minute},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			w.join("plans", "Ann")
			c.does(w, w.join("plans", "Bob"))
			for _, w := range []*world{w, w.elsewhere()} {
				_, err := w.tryJoin("plans", "Cid")
				waitsFor(t, err, fault.RoomFull, c.safe)
			}
			w.clock.Advance(c.safe - time.Second)
			_, err := w.tryJoin("plans", "Cid")
			waitsFor(t, err, fault.RoomFull, time.Second)
			w.clock.Advance(time.Second)
			w.join("plans", "Cid")
		})
	}
}

func TestLease_endsWithinASecond_retryAfterIsOneSecond(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(500 * time.Millisecond)
	w.pair()
	w.clock.Advance(90*time.Second + 100*time.Millisecond) // items expire at whole seconds
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, time.Second)
	w.clock.Advance(400 * time.Millisecond)
	w.join("plans", "Cid")
}
