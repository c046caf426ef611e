package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/view"
)

func TestWait_batchThatArrived_isNotRepeated(t *testing.T) {
	shows := map[string]func(w *world, token string, got chat.Waited){
		"a cursor": func(w *world, token string, got chat.Waited) { w.look(token, got.Cursor) },
		"a reply": func(w *world, token string, got chat.Waited) {
			if _, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: "yes", ReplyTo: got.Messages[0].ID}); err != nil {
				w.t.Fatal(err)
			}
		},
	}
	for name, show := range shows {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
			w.clock.Advance(40 * time.Second)
			w.say(p.ann.Token, "shall we?")
			show(w, p.bob.Token, take(t, waiting))
			if got := w.look(p.bob.Token, ""); len(got.Messages) != 0 {
				t.Fatalf("given again: %+v", got.Messages)
			}
		})
	}
}

func TestWait_batchThatMayBeLost_isRepeatedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
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

// Models sometimes omit the cursor once.
func TestWait_cursorOmitted_repeatsAndMarksEarlierMessages(t *testing.T) {
	for what, goOn := range map[string]func(w *world, token string) []view.Message{
		"waits":   func(w *world, token string) []view.Message { return w.look(token, "").Messages },
		"returns": func(w *world, token string) []view.Message { return w.enter(chat.JoinRequest{Token: token}).Messages },
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
