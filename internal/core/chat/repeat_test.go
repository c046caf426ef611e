package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// The service has not read the room since its agent spoke through another one.
func TestSend_sameTextAfterAnotherMessageElsewhere_isNew(t *testing.T) {
	w := newWorld(t)
	here := onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := here.pair()
	first := here.say(p.ann.Token, "the same words")
	there.say(p.ann.Token, "other words")
	if again := here.say(p.ann.Token, "the same words"); again.Duplicate ||
		here.number(p.ann.Token, again.ID) != here.number(p.ann.Token, first.ID)+2 {
		t.Fatalf("got %+v", again)
	}
}

func TestPrivate_sameTextToOthers_isAnotherMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	long := strings.Repeat("a longer text ", 4)
	seen := map[string]bool{}
	for _, to := range [][]string{{"Bob"}, {"Cid"}, {"Bob", "Cid"}, nil, {"Bob"}} {
		got := w.tell(p.ann.Token, long, to...)
		if got.Duplicate || seen[got.ID] {
			t.Errorf("to %q: %+v", to, got)
		}
		seen[got.ID] = true
		if again := w.elsewhere().tell(p.ann.Token, long, to...); !again.Duplicate || again.ID != got.ID {
			t.Errorf("to %q, repeated: %+v", to, again)
		}
	}
}

// Only messages that the sender can see give a repeated short text a new meaning.
func TestPrivate_unseenMessagesBetween_leaveAShortTextADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	first := w.say(p.cid.Token, "yes")
	w.tell(p.ann.Token, "and this?", "Bob")
	for _, w := range []*world{w, w.elsewhere()} {
		if again := w.say(p.cid.Token, "yes"); !again.Duplicate || again.ID != first.ID {
			t.Errorf("after a hidden message: %+v", again)
		}
	}
	w.tell(p.ann.Token, "and this?", "Cid")
	if again := w.say(p.cid.Token, "yes"); again.Duplicate {
		t.Errorf("after a visible message: %+v", again)
	}
}

// The repeated call must not report that nothing was sent, and must not reach another
// agent of the same name.
func TestPrivate_repeatedAfterTheAddresseeLeft_isADuplicate(t *testing.T) {
	for what, req := range map[string]chat.SendRequest{
		"with a key":    {Text: "a hundred for the blue one", Key: "offer 1"},
		"without a key": {Text: "a hundred for the blue one"},
	} {
		t.Run(what, func(t *testing.T) {
			onEachTable(t, func(t *testing.T, services ...*world) {
				w, there := services[0], services[len(services)-1]
				p := w.company()
				req.Token, req.To = p.ann.Token, []string{"bob", "Cid"}
				first, err := w.send(req)
				if err != nil {
					t.Fatal(err)
				}
				again := func(when string) {
					t.Helper()
					if got, err := there.send(req); err != nil || !got.Duplicate || got.ID != first.ID {
						t.Errorf("%s: %+v, %v", when, got, err)
					}
				}
				again("while Bob is there")
				w.leave(p.bob.Token)
				again("when he has gone")
				other := w.join("plans", "Bob")
				again("when another has his name")
				if got := w.look(other.Token, other.Cursor); got.Status != chat.StatusQuiet {
					t.Errorf("the other Bob receives %+v", got)
				}
			})
		})
	}
}

func TestSend_sameTextAgain_isADuplicate(t *testing.T) {
	long := strings.Repeat("a longer text ", 4)
	cases := map[string]struct {
		text      string
		between   func(w *world, p pair)
		duplicate bool
	}{
		"at once":                         {"yes", func(*world, pair) {}, true},
		"nine minutes later":              {long, func(w *world, _ pair) { w.clock.Advance(9 * time.Minute) }, true},
		"ten minutes later":               {long, func(w *world, _ pair) { w.clock.Advance(10 * time.Minute) }, false},
		"short, after another spoke":      {"yes", func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, false},
		"long, after another spoke":       {long, func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, true},
		"after another text of one's own": {long, func(w *world, p pair) { w.say(p.ann.Token, "besides") }, false},
		"39 bytes, after another spoke": {strings.Repeat("x", 39),
			func(w *world, p pair) { w.say(p.bob.Token, "and?") }, false},
		"40 bytes, after another spoke": {strings.Repeat("x", 40),
			func(w *world, p pair) { w.say(p.bob.Token, "and?") }, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			first := w.say(p.ann.Token, c.text)
			c.between(w, p)
			again := w.say(p.ann.Token, c.text)
			if again.Duplicate != c.duplicate || again.Duplicate && again.ID != first.ID {
				t.Fatalf("first %+v, again %+v", first, again)
			}
		})
	}
}

func TestSend_sameTextAgainInAnotherProcess_isADuplicate(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	first := w.say(p.ann.Token, "the same")
	for i := range 40 {
		w.say(p.bob.Token, fmt.Sprintf("%s %d", strings.Repeat("b", 50), i))
	}
	there := onTable(t, w.clock, w.table, chat.Options{})
	long := strings.Repeat("a longer text ", 4)
	second := there.say(p.ann.Token, long)
	if again := w.say(p.ann.Token, long); !again.Duplicate || again.ID != second.ID {
		t.Fatalf("first %+v, again %+v", second, again)
	}
	if first.Duplicate || second.Duplicate {
		t.Fatal("a new text was taken for an old one")
	}
}

// The other process has read nothing of the minutes in which Ann spoke.
func TestSend_sameTextNineMinutesLaterInAnotherProcess_isADuplicate(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	long := strings.Repeat("a longer text ", 4)
	first := w.say(p.ann.Token, long)
	w.clock.Advance(time.Minute)
	for i := range 40 {
		w.say(p.bob.Token, fmt.Sprintf("%s %d", strings.Repeat("b", 50), i))
	}
	w.clock.Advance(8 * time.Minute)
	if again := onTable(t, w.clock, w.table, chat.Options{}).say(p.ann.Token, long); again.ID != first.ID {
		t.Errorf("Ann said %+v, and then %+v", first, again)
	}
}

func TestSend_sameKeyWithinADay_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k1"}
	first, err := w.send(req)
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.ann.Token, "between")
	again, err := w.send(req)
	if err != nil || !again.Duplicate || again.ID != first.ID {
		t.Fatalf("again %+v, %v", again, err)
	}
	other, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k2"})
	if err != nil || other.Duplicate {
		t.Fatalf("another key: %+v, %v", other, err)
	}
	w.clock.Advance(24 * time.Hour)
	late, err := w.send(req)
	if err != nil || late.Duplicate {
		t.Fatalf("a day later: %+v, %v", late, err)
	}
}

// The message in between counts although its sender has left.
func TestSend_shortTextAgainAfterAnotherSpokeAndLeft_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first := w.say(p.ann.Token, "yes")
	w.say(p.bob.Token, "and the red one, too?")
	w.leave(p.bob.Token)
	w.clock.Advance(3 * time.Second)
	if again := w.elsewhere().say(p.ann.Token, "yes"); again.Duplicate {
		t.Errorf("elsewhere: %+v", again)
	}
	if again := w.elsewhere().say(p.ann.Token, "yes"); !again.Duplicate || again.ID == first.ID {
		t.Errorf("with nothing in between: %+v", again)
	}
}

// The client gave up its call and repeats it after the answer to its message came.
func TestSend_textRepeatedBeforeTheAnswerWasRead_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, tell := range map[string]string{"short": "yes",
		"long": "yes, and a good deal more than forty bytes of it"} {
		req := chat.SendRequest{Token: p.ann.Token, Text: tell, Cursor: w.look(p.ann.Token, p.ann.Cursor).Cursor}
		first, err := w.Send(t.Context(), req)
		if err != nil || !first.Sent {
			t.Fatal(first, err)
		}
		w.say(p.bob.Token, "an answer to the "+name)
		again, err := w.Send(t.Context(), req)
		if err != nil || !again.Sent || !again.Duplicate || again.ID != first.ID {
			t.Errorf("%s: %+v, %v, want message %s", name, again, err, first.ID)
		}
		p.ann.Cursor = w.look(p.ann.Token, req.Cursor).Cursor
		w.say(p.ann.Token, "heard "+name)
	}
}

func TestSend_shortTextAgainAfterTheAnswerWasRead_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: p.ann.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.bob.Token, "and this?")
	news := w.look(p.ann.Token, first.Cursor)
	got, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: news.Cursor})
	if err != nil || !got.Sent || got.Duplicate {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "good",
		Cursor: p.bob.Cursor})
	if err != nil || got.Sent {
		t.Errorf("from Bob, who has read nothing: %+v, %v", got, err)
	}
}
