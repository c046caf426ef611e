package chat_test

import (
	"fmt"
	"slices"
	"strings"
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
// again after six: a Lambda function learns of none of that. From then on it comes along, and is no news.
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
	for name, call := range map[string]func(w *world, p pair) []chat.Message{
		"a wait":    waits(chat.WaitRequest{}),
		"a program": waits(chat.WaitRequest{Standby: true}),
		"a look": func(w *world, p pair) []chat.Message {
			w.say(p.ann.Token, "hello")
			return w.look(p.bob.Token, "").Messages
		},
		"a send": func(w *world, p pair) []chat.Message {
			w.say(p.ann.Token, "hello")
			return w.say(p.bob.Token, "are you there?").Waited.Messages
		},
	} {
		w := newWorld(t)
		one, two := w.another(), w.another()
		p := one.pair()
		if got := call(one, p); len(got) != 1 || got[0].Repeated {
			t.Fatalf("%s, first time: %+v", name, got)
		}
		w.clock.Advance(2 * time.Second)
		if got := two.look(p.bob.Token, "").Messages; len(got) != 1 || !got[0].Repeated {
			t.Fatalf("%s, second time: %+v", name, got)
		}
		for _, w := range []*world{one, two} {
			got := w.look(p.bob.Token, "")
			if got.Status != chat.StatusQuiet || got.Along != 1 || len(got.Messages) != 1 {
				t.Fatalf("%s, third time: %+v", name, got)
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
	if got := w.say(p.bob.Token, "are you there?"); len(got.Waited.Messages) != 1 ||
		got.Waited.Messages[0].Text != "hello" ||
		!got.Waited.Messages[0].Repeated {
		t.Errorf("with the send came %+v", got.Waited.Messages)
	}
	if got := w.look(p.bob.Token, ""); len(got.Messages) != got.Along {
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
			if got := w.look(p.bob.Token, ""); len(got.Messages)-got.Along != want {
				t.Errorf("whispers %t: look %d after the return: %+v", whispers, n+1, got.Messages)
			}
		}
	}
}

// However many answers are lost in a row, the one that arrives has what was in them.
func TestWait_anyNumberOfLostAnswers_loseNothing(t *testing.T) {
	for lost := range 6 {
		w := newWorld(t)
		p := w.pair()
		var said []string
		for n := range 4 {
			said = append(said, fmt.Sprint("word ", n))
			w.say(p.ann.Token, said[n])
			for range lost {
				w.another().look(p.bob.Token, "")
			}
		}
		w.look(p.bob.Token, "")
		got := w.another().look(p.bob.Token, "")
		same(t, fmt.Sprint(lost, " answers are lost"), texts(got.Messages), said)
		same(t, "once a cursor shows that they arrived", texts(w.look(p.bob.Token, got.Cursor).Messages), nil)
		same(t, "and then without one", texts(w.look(p.bob.Token, "").Messages), nil)
	}
}

// A cursor acknowledges what came before it, so whichever answer gives one has what was lost before.
func TestAnswer_afterLostOnes_hasThemBesideItsCursor(t *testing.T) {
	for name, call := range map[string]func(w *world, p pair) (cursor string, got []chat.Message, told bool){
		"a send": func(w *world, p pair) (string, []chat.Message, bool) {
			got := w.say(p.bob.Token, "are you there?")
			return got.Waited.Cursor, got.Waited.Messages, got.Waited.Situation.Unsure
		},
		"a return": func(w *world, p pair) (string, []chat.Message, bool) {
			got := w.enter(chat.JoinRequest{Token: p.bob.Token})
			return got.Cursor, got.Messages, got.Situation.Unsure
		},
		"a task": func(w *world, p pair) (string, []chat.Message, bool) {
			got, err := w.ListTasks(w.t.Context(), chat.TaskListRequest{Token: p.bob.Token})
			if err != nil {
				w.t.Fatal(err)
			}
			return got.Cursor, nil, false
		},
		"a wait that a newer one ends": func(w *world, p pair) (string, []chat.Message, bool) {
			older := w.open(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
			newer := w.open(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute})
			got := take(w.t, older)
			w.clock.Advance(time.Minute)
			take(w.t, newer) // its client has given up
			return got.Cursor, got.Messages, got.Situation.Unsure
		},
		"a wait of a program for a paused agent": func(w *world, p pair) (string, []chat.Message, bool) {
			person := w.person(p.bob)
			w.pauses(person, true)
			asleep := w.open(w.t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: time.Minute, Standby: true})
			w.clock.Advance(time.Minute)
			got := take(w.t, asleep)
			w.pauses(person, false)
			return got.Cursor, got.Messages, got.Situation.Unsure
		},
	} {
		for _, long := range []int{0, 9000} {
			for _, goesOn := range []bool{false, true} {
				w := newWorld(t)
				p := w.pair()
				w.say(p.ann.Token, "first "+strings.Repeat("x", long))
				for range 2 {
					w.look(p.bob.Token, "")
				}
				if goesOn {
					w.say(p.ann.Token, "second")
				}
				cursor, got, told := call(w, p)
				next := w.look(p.bob.Token, cursor)
				all := strings.Join(texts(append(got, next.Messages...)), " ")
				told = told || next.Situation.Unsure
				if told == strings.Contains(all, "first") || told && long == 0 ||
					goesOn != strings.Contains(all, "second") {
					t.Errorf("%s, goes on %t: told %t, %.20q", name, goesOn, told, all)
				}
			}
		}
	}
}

// What is new comes first. What has no room beside it may have been missed, and the result says so.
func TestWait_whatDoesNotFitBesideTheNew_isTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	long := strings.Repeat("x", 5000)
	w.say(p.ann.Token, "first "+long)
	for range 2 {
		if got := w.look(p.bob.Token, ""); got.Situation.Unsure {
			t.Error("it is told of what it was handed")
		}
	}
	w.say(p.ann.Token, "second "+long)
	got := w.look(p.bob.Token, "")
	if len(got.Messages) != 1 || !strings.HasPrefix(got.Messages[0].Text, "second") || !got.Situation.Unsure {
		t.Errorf("unsure %t, %d messages", got.Situation.Unsure, len(got.Messages))
	}
	if got := w.look(p.bob.Token, got.Cursor); got.Situation.Unsure || len(got.Messages) != 0 {
		t.Errorf("once a cursor shows that they arrived: %+v", got)
	}
}

// Each answer to an agent that gives no cursor would have all joins and leaves again.
func TestSend_withoutACursor_bringsWordsAlongAndNoMoves(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.ann.Token, "hello")
	dora := w.join("plans", "Dora")
	w.leave(dora.Token)
	for i, want := range [][]string{{"joined Cid", "Ann: hello", "joined Dora", "left Dora (left)"},
		{"joined Cid", "Ann: hello", "joined Dora", "left Dora (left)"}, {"Ann: hello"}, {"Ann: hello"}} {
		got := w.say(p.bob.Token, fmt.Sprintf("word %d", i))
		same(t, fmt.Sprintf("answer %d", i), lines(got.Waited.Messages), want)
		if got.Waited.Situation.Unsure || i > 1 && got.Waited.Along != 1 {
			t.Errorf("answer %d: unsure %t, %d along", i, got.Waited.Situation.Unsure, got.Waited.Along)
		}
	}
}

// A reader that never gives a cursor goes on, and what comes along ends none of its waits.
func TestWait_neverACursor_reachesTheNewestAndLasts(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for n := range 500 {
		w.say(p.ann.Token, fmt.Sprint("word ", n))
	}
	reached := false
	for calls := 0; calls < 60 && !reached; calls++ {
		got := texts(w.look(p.bob.Token, "").Messages)
		reached = slices.Contains(got, "word 499")
	}
	if !reached {
		t.Fatal("it does not reach the newest")
	}
	w.look(p.bob.Token, "")
	for range 3 {
		waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Wait: 50 * time.Second})
		w.clock.Advance(49 * time.Second)
		if len(waiting) > 0 {
			t.Fatal("what is not new ends a wait")
		}
		w.clock.Advance(time.Second)
		got := take(t, waiting)
		if got.Status != chat.StatusQuiet || !slices.Contains(texts(got.Messages), "word 499") ||
			!got.Situation.Unsure {
			t.Errorf("%s, unsure %t, %q", got.Status, got.Situation.Unsure, texts(got.Messages))
		}
	}
}
