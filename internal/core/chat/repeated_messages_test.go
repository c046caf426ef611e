package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

func TestWait_batchThatArrived_isNotRepeated(t *testing.T) {
	shows := map[string]func(w *world, token string, got chat.Waited){
		"a cursor": func(w *world, token string, got chat.Waited) { w.look(token, got.Cursor) },
		"a reply": func(w *world, token string, got chat.Waited) {
			if _, err := w.Send(w.t.Context(),
				chat.SendRequest{Token: token, Text: "yes", ReplyTo: got.Messages[0].ID}); err != nil {
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

// The client left after two seconds, the message came after four, and the agent calls
// again after six: a Lambda function learns of none of that.
func TestWait_batchThatMayBeLost_isRepeatedOnce(t *testing.T) {
	waits := func(req chat.WaitRequest) func(w *world, p pair) []chat.Message {
		return func(w *world, p pair) []chat.Message {
			req.Token, req.Wait = p.bob.Token, time.Minute
			waiting := w.open(t.Context(), req)
			w.clock.Advance(4 * time.Second)
			w.say(p.ann.Token, "hello")
			return take(t, waiting).Messages
		}
	}
	for what, call := range map[string]func(w *world, p pair) []chat.Message{
		"a wait":    waits(chat.WaitRequest{}),
		"a program": waits(chat.WaitRequest{Standby: true}),
		"a look": func(w *world, p pair) []chat.Message {
			w.say(p.ann.Token, "hello")
			return w.look(p.bob.Token, "").Messages
		},
		"a send": func(w *world, p pair) []chat.Message {
			w.say(p.ann.Token, "hello")
			return w.say(p.bob.Token, "are you there?").Messages
		},
	} {
		w := newWorld(t)
		one, two := w.another(), w.another()
		p := one.pair()
		if got := call(one, p); len(got) != 1 || got[0].Repeated {
			t.Fatalf("%s, first time: %+v", what, got)
		}
		w.clock.Advance(2 * time.Second)
		if got := two.look(p.bob.Token, "").Messages; len(got) != 1 || !got[0].Repeated {
			t.Fatalf("%s, second time: %+v", what, got)
		}
		for _, w := range []*world{one, two} {
			if got := w.look(p.bob.Token, ""); len(got.Messages) != 0 {
				t.Fatalf("%s, third time: %+v", what, got.Messages)
			}
		}
	}
}

// The agent speaks without a cursor, and may not have received what came before.
func TestSend_afterABatchThatMayBeLost_repeatsIt(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
	w.say(p.ann.Token, "hello")
	take(t, waiting)
	if got := w.say(p.bob.Token, "are you there?"); len(got.Messages) != 1 || got.Messages[0].Text != "hello" ||
		!got.Messages[0].Repeated {
		t.Errorf("with the send came %+v", got.Messages)
	}
	if got := w.look(p.bob.Token, ""); len(got.Messages) != 0 {
		t.Errorf("third time: %+v", got.Messages)
	}
}

// What others said in private since then makes no difference. The answer to the return may be lost, too.
func TestReturn_afterABatchThatMayBeLost_repeatsIt(t *testing.T) {
	for _, whispers := range []bool{false, true} {
		w := newWorld(t)
		p := w.company()
		w.look(p.bob.Token, p.bob.Cursor)
		waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
		w.say(p.ann.Token, "hello")
		take(t, waiting)
		if whispers {
			w.tell(p.ann.Token, "for Cid's eyes", "Cid")
		}
		if got := w.enter(chat.JoinRequest{Token: p.bob.Token}); len(got.Messages) != 1 || !got.Messages[0].Repeated {
			t.Errorf("whispers %t: with the return came %+v", whispers, got.Messages)
		}
		for n, want := range []int{1, 0} {
			if got := w.look(p.bob.Token, ""); len(got.Messages) != want {
				t.Errorf("whispers %t: look %d after the return: %+v", whispers, n+1, got.Messages)
			}
		}
	}
}
