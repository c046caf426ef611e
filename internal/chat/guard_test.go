package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// guarded has Cid send a text that answers reply (none if ""), with the cursor.
func (w *world) guarded(p company, text, cursor, reply string) chat.Sent {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: p.cid.Token, Text: text, Cursor: cursor, ReplyTo: reply})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// In a room of three, Cid sends with a cursor. He has not read what happened since, which room.Agent.HoldOf judges.
func TestGuard_holdsBackOnlyForWhatMayChangeTheText(t *testing.T) {
	for what, c := range map[string]struct {
		happens func(w *world, p company)
		held    bool
	}{
		"private to Cid": {said(chat.SendRequest{Text: "psst", To: []string{"Cid"}}), true},
		"message to all": {said(chat.SendRequest{Text: "listen"}), true},
		"replies to Cid": {answered(chat.SendRequest{Text: "indeed"}, 4), true},
		"replies to Bob": {answered(chat.SendRequest{Text: "welcome"}, 2), false},
		"asks Bob":       {said(chat.SendRequest{Text: "Bob?", Ask: []string{"Bob"}}), false},
		"private to Bob": {said(chat.SendRequest{Text: "psst", To: []string{"Bob"}}), false},
	} {
		t.Run(what, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p := w.company()
				w.say(p.cid.Token, "Cid's first words") // event 4
				cursor := w.look(p.cid.Token, "").Cursor
				c.happens(w, p)
				if got := there.guarded(p, "Cid's second words", cursor, ""); got.Sent == c.held {
					t.Errorf("sent: %t with %q", got.Sent, lines(got.Messages))
				}
			})
		})
	}
}

// onBoth runs a test with one service, and with two on one table.
func onBoth(t *testing.T, test func(t *testing.T, w, there *world)) {
	t.Run("one service", func(t *testing.T) { w := newWorld(t); test(t, w, w) })
	t.Run("two services", func(t *testing.T) { w := newWorld(t); test(t, w.elsewhere(), w.elsewhere()) })
}

func TestGuard_meantForTheSender_holdsBackEachMessageOnceAndAlways(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		for i := range 5 {
			w.tell(p.ann.Token, fmt.Sprintf("word %d", i), "Cid")
			got := there.guarded(p, "what I say", p.cid.Cursor, "")
			if got.Sent {
				t.Fatalf("sent over word %d", i)
			}
			if n := len(got.Messages); n != i+1 { // all that is after the cursor
				t.Fatalf("held back with %d messages", n)
			}
		}
		if got := there.guarded(p, "what I say", p.cid.Cursor, ""); !got.Sent {
			t.Errorf("held back for what came with a refusal: %q", lines(got.Messages))
		}
	})
}

func TestGuard_otherPublicMessages_holdBackTwiceInARow(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		cursor := p.cid.Cursor
		for round := range 2 { // a message that is sent begins a new row
			for i := range 2 {
				w.say(p.ann.Token, fmt.Sprintf("round %d, word %d", round, i))
				got := there.guarded(p, fmt.Sprintf("what I say in round %d", round), cursor, "")
				if got.Sent {
					t.Fatalf("sent over word %d", i)
				}
				cursor = got.Cursor
			}
			w.say(p.ann.Token, fmt.Sprintf("round %d, the third word", round))
			got := there.guarded(p, fmt.Sprintf("what I say in round %d", round), cursor, "")
			if !got.Sent {
				t.Fatalf("held back three times in a row")
			}
			same(t, "with it come", lines(got.Messages), []string{fmt.Sprintf("Ann: round %d, the third word", round)})
			cursor = got.Cursor
		}
	})
}

// Even after two refusals, nobody speaks over what is meant for it.
func TestGuard_thirdTime_isHeldBackForAWordToTheSender(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i := range 2 {
		w.say(p.ann.Token, fmt.Sprintf("word %d", i))
		w.guarded(p, "what I say", p.cid.Cursor, "")
	}
	w.say(p.ann.Token, "a third word, @Cid")
	if got := w.guarded(p, "what I say", p.cid.Cursor, ""); got.Sent {
		t.Error("sent over a word to Cid")
	}
}

func TestGuard_answerToAnOpenRequest_isHeldBackOnlyForWordsToTheSender(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, "blue?", "Cid")
	cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
	w.say(p.bob.Token, "I like red")
	w.tell(p.bob.Token, "say red", "Cid")
	if got := w.guarded(p, "blue", cursor, id); got.Sent {
		t.Fatal("sent over a private word")
	}
	w.say(p.bob.Token, "red is better")
	got := w.guarded(p, "blue", cursor, id)
	if !got.Sent {
		t.Fatalf("held back for %q", lines(got.Messages))
	}
	w.say(p.bob.Token, "red is best")
	if got := w.guarded(p, "blue, really", got.Cursor, id); got.Sent {
		t.Error("a reply to a closed request is not held back")
	}
}

func TestGuard_whatHoldsNothingBack_comesWithTheResult(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.sayAs(p.ann.Token, room.Status, "half done")
		w.join("plans", "Dora")
		got := there.guarded(p, "hello", p.cid.Cursor, "")
		same(t, "Cid receives", lines(got.Messages), []string{"Ann: half done", "joined Dora"})
		if !got.Sent || got.Status != chat.StatusMessages {
			t.Errorf("got %+v", got)
		}
		if next := there.look(p.cid.Token, got.Cursor); next.Status != chat.StatusQuiet {
			t.Errorf("and once more %q", lines(next.Messages))
		}
	})
}

func TestGuard_withoutACursor_isSentWithTheUnreadAndACursor(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.say(p.ann.Token, "read this, @Cid")
		got := there.guarded(p, "hello", "", "")
		if !got.Sent || place(t, p.cid.Token, got.Cursor) != w.elsewhere().number(p.cid.Token, got.ID) {
			t.Errorf("got %+v", got)
		}
		same(t, "Cid receives", lines(got.Messages), []string{"Ann: read this, @Cid"})
	})
}
