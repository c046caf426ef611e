package chat_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// A client gives up a wait after a time of its own. Some tell the server by
// closing the request; others leave it open, and what it is answered is lost.
func TestWait_givenUp_losesNothing(t *testing.T) {
	for _, after := range []time.Duration{30 * time.Second, 55 * time.Second, 64 * time.Second} {
		for _, withCursor := range []bool{true, false} {
			for _, closes := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s cursor=%t closes=%t", after, withCursor, closes), func(t *testing.T) {
					giveUp(t, after, withCursor, closes)
				})
			}
		}
	}
}

// giveUp lets Bob's client give up its wait, with a message said just before,
// just after, and while the next wait is open.
func giveUp(t *testing.T, after time.Duration, withCursor, closes bool) {
	w := newWorld(t)
	p := w.pair()
	cursor := func(c string) string {
		if withCursor {
			return c
		}
		return ""
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lost := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: cursor(p.bob.Cursor), Wait: 2 * time.Minute}, 1)
	w.clock.Advance(after)
	if closes {
		cancel()
		<-lost
		w.say(p.ann.Token, "one")
	} else {
		w.say(p.ann.Token, "one")
		take(t, lost) // the answer goes nowhere
	}
	w.say(p.ann.Token, "two")

	got := w.look(p.bob.Token, cursor(p.bob.Cursor))
	if want := []string{"one", "two"}; !slices.Equal(texts(got.Messages), want) {
		t.Fatalf("after giving up: %q, want %q", texts(got.Messages), want)
	}
	if repeated := got.Messages[0].Repeated; repeated != (!withCursor && !closes) || got.Messages[1].Repeated {
		t.Fatalf("marked as repeated: %t, %t", got.Messages[0].Repeated, got.Messages[1].Repeated)
	}
	w.say(p.ann.Token, "three")
	if got := w.look(p.bob.Token, cursor(got.Cursor)); !slices.Equal(texts(got.Messages), []string{"three"}) {
		t.Fatalf("then: %q", texts(got.Messages))
	}
}

func TestWait_batchOfALongCall_isNotRepeatedOnceItIsKnownToHaveArrived(t *testing.T) {
	shows := map[string]func(w *world, token string, got chat.Waited){
		"a cursor": func(w *world, token string, got chat.Waited) { w.look(token, got.Cursor) },
		"a reply": func(w *world, token string, got chat.Waited) {
			if _, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: "yes", ReplyTo: got.Messages[0].Seq}); err != nil {
				w.t.Fatal(err)
			}
		},
	}
	for name, show := range shows {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
			w.clock.Advance(40 * time.Second)
			w.say(p.ann.Token, "shall we?")
			show(w, p.bob.Token, take(t, waiting))
			if got := w.look(p.bob.Token, ""); len(got.Messages) != 0 {
				t.Fatalf("given again: %+v", got.Messages)
			}
		})
	}
}

func TestWait_batchOfALongCall_isRepeatedOnlyOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute}, 1)
	w.clock.Advance(40 * time.Second)
	w.say(p.ann.Token, "hello")
	take(t, waiting)
	if got := w.look(p.bob.Token, ""); len(got.Messages) != 1 || !got.Messages[0].Repeated {
		t.Fatalf("second time: %+v", got.Messages)
	}
	if got := w.look(p.bob.Token, ""); len(got.Messages) != 0 {
		t.Fatalf("third time: %+v", got.Messages)
	}
}

// TestWait_cursorForgotten has an agent leave its cursor out once, as models do:
// what it was given with the cursor comes again, and says so.
func TestWait_cursorForgotten_whatWasGivenBeforeIsMarkedRepeated(t *testing.T) {
	for what, goOn := range map[string]func(w *world, token string) []chat.Message{
		"waits":   func(w *world, token string) []chat.Message { return w.look(token, "").Messages },
		"returns": func(w *world, token string) []chat.Message { return w.enter(chat.JoinRequest{Token: token}).Messages },
	} {
		w := newWorld(t)
		p := w.pair()
		w.say(p.ann.Token, "one")
		if got := w.look(p.bob.Token, p.bob.Cursor); len(got.Messages) != 1 || got.Messages[0].Repeated {
			t.Fatalf("at first: %+v", got.Messages)
		}
		w.say(p.ann.Token, "two")
		got := goOn(w, p.bob.Token)
		same(t, what, texts(got), []string{"one", "two"})
		if !got[0].Repeated || got[1].Repeated {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
