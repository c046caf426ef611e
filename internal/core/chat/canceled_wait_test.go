package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// Clients give up a wait after a time of their own. Some close the request. Others
// leave it open and drop the answer.
func TestWait_canceled_losesNoMessage(t *testing.T) {
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

// giveUp has Bob's client give up its wait. Ann speaks just before, just after, and
// during the next wait.
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
	lost := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: cursor(p.bob.Cursor), Wait: 2 * time.Minute})
	w.clock.Advance(after)
	if closes {
		cancel()
		if got := <-lost; !errors.Is(got.err, context.Canceled) {
			t.Fatalf("it ends with %v", got.err)
		}
		w.say(p.ann.Token, "one")
	} else {
		w.say(p.ann.Token, "one")
		take(t, lost) // the client drops the answer
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
	if got := w.look(p.bob.Token, got.Cursor); !slices.Equal(texts(got.Messages), []string{"three"}) {
		t.Fatalf("then: %q", texts(got.Messages))
	}
}

// A client says that it has given a call up, and leaves the request open: see mcp.Waits.
func TestWait_givenUp_endsAsIfItsTimeWereUp(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	givenUp := make(chan struct{})
	waiting := w.open(chat.EndedBy(t.Context(), givenUp), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	close(givenUp)
	if got := take(t, waiting); got.Status != chat.StatusQuiet || got.Cursor == "" {
		t.Errorf("it ended as %+v", got)
	}
	w.say(p.ann.Token, "are you there?")
	if got := w.look(p.bob.Token, ""); len(got.Messages) != 1 || got.Messages[0].Repeated {
		t.Errorf("then came %+v", got.Messages)
	}
}
