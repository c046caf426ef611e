package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// peek is what a program that waits in Bob's place gets at once.
func (w *world) peek(p pair, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Standby: true, Peek: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func TestPeek_whatItReturns_isStillNewToTheAgent(t *testing.T) {
	for how, cursor := range map[string]func(pair) string{
		"without a cursor": func(pair) string { return "" },
		"with a cursor":    func(p pair) string { return p.bob.Cursor },
	} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute,
				Standby: true, Peek: true})
			w.say(p.ann.Token, "one")
			first := take(t, waiting)
			w.say(p.ann.Token, "two")
			second := w.peek(p, first.Cursor)
			if !slices.Equal(texts(first.Messages), []string{"one"}) ||
				!slices.Equal(texts(second.Messages), []string{"two"}) {
				t.Fatalf("the program got %+v, then %+v", first, second)
			}
			if again := w.peek(p, second.Cursor); again.Status != chat.StatusQuiet {
				t.Errorf("after its own cursor: %+v", again)
			}
			if again := w.peek(p, ""); !slices.Equal(texts(again.Messages), []string{"one", "two"}) {
				t.Errorf("without a cursor: %+v", again)
			}
			got := w.look(p.bob.Token, cursor(p))
			if !slices.Equal(texts(got.Messages), []string{"one", "two"}) || got.Messages[0].Repeated {
				t.Errorf("the agent got %+v", got)
			}
			// The agent has them now, and so no program wakes it for them.
			for _, earlier := range []string{"", p.bob.Cursor, first.Cursor} {
				if after := w.peek(p, earlier); after.Status != chat.StatusQuiet || len(after.Messages) > 0 {
					t.Errorf("after the agent has read: %+v", after)
				}
			}
		})
	}
}
