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

// companyOf is a company in a room of so many agents.
func (w *world) companyOf(seats int) company {
	w.t.Helper()
	p := company{ann: w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: seats})}
	p.bob = w.join("plans", "Bob")
	for i := range seats - 3 {
		w.join("plans", fmt.Sprintf("Agent %d", i))
	}
	p.cid = w.join("plans", "Cid")
	return p
}

// Cid sends with a cursor. He has not read what happened since, which room.Agent.HoldOf judges.
func TestGuard_holdsBackOnlyForWhatMayChangeTheText(t *testing.T) {
	for what, c := range map[string]struct {
		happens  func(w *world, p company)
		of6, of7 bool // in a room of so many it holds Cid back
	}{
		"private to Cid": {said(chat.SendRequest{Text: "psst", To: []string{"Cid"}}), true, true},
		"message to all": {said(chat.SendRequest{Text: "listen"}), true, true},
		"replies to Cid": {answered(chat.SendRequest{Text: "indeed"}, 8), true, true},
		"replies to Bob": {answered(chat.SendRequest{Text: "welcome"}, 2), true, false},
		"asks Bob":       {said(chat.SendRequest{Text: "Bob?", Ask: []string{"Bob"}}), true, false},
		"private to Bob": {said(chat.SendRequest{Text: "psst", To: []string{"Bob"}}), false, false},
	} {
		for seats, held := range map[int]bool{6: c.of6, 7: c.of7} {
			t.Run(fmt.Sprintf("%s, %d agents", what, seats), func(t *testing.T) {
				onBoth(t, func(t *testing.T, w, there *world) {
					p := w.companyOf(seats)
					for n := seats + 1; n <= 8; n++ {
						w.say(p.cid.Token, fmt.Sprintf("Cid's words, as event %d", n))
					}
					cursor := w.look(p.cid.Token, "").Cursor
					c.happens(w, p)
					if got := there.guarded(p, "Cid's next words", cursor, ""); got.Sent == held {
						t.Errorf("sent: %t with %q", got.Sent, lines(got.Messages))
					}
				})
			})
		}
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

func TestGuard_otherPublicMessages_holdBackSoOftenInARow(t *testing.T) {
	for seats, most := range map[int]int{3: 1, 6: 1, 7: 2} {
		t.Run(fmt.Sprintf("%d agents", seats), func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p := w.companyOf(seats)
				cursor := p.cid.Cursor
				for round := range 2 { // a message that is sent begins a new row
					text := fmt.Sprintf("what I say in round %d", round)
					for i := range most {
						w.say(p.ann.Token, fmt.Sprintf("round %d, word %d", round, i))
						got := there.guarded(p, text, cursor, "")
						if got.Sent {
							t.Fatalf("sent over word %d", i)
						}
						cursor = got.Cursor
					}
					w.say(p.ann.Token, fmt.Sprintf("round %d, one word more", round))
					got := there.guarded(p, text, cursor, "")
					if !got.Sent {
						t.Fatalf("held back %d times in a row", most+1)
					}
					same(t, "with it come", lines(got.Messages),
						[]string{fmt.Sprintf("Ann: round %d, one word more", round)})
					cursor = got.Cursor
				}
			})
		})
	}
}

// A room that grew or shrank counts by who is seated now, also if that changes while a checked send is written.
func TestGuard_roomThatShrinksToTwo_holdsBackOnceMore(t *testing.T) {
	w := newWorld(t).elsewhere()
	p := w.company()
	w.say(p.ann.Token, "word one")
	if got := w.guarded(p, "what I say", p.cid.Cursor, ""); got.Sent {
		t.Fatal("sent over news")
	}
	w.say(p.ann.Token, "word two")
	late := w.sendLate(chat.SendRequest{Token: p.cid.Token, Text: "what I say", Cursor: p.cid.Cursor}, false)
	w.leave(p.bob.Token)
	if got, err := late.ends(); got.Sent || err != nil {
		t.Errorf("sent over the word of a partner: %v", err)
	}
	w.say(p.ann.Token, "word three")
	if got := w.guarded(p, "what I say", p.cid.Cursor, ""); !got.Sent {
		t.Error("held back three times in a row")
	}
}

// However often it was held back, nobody speaks over what is meant for it.
func TestGuard_afterThat_isHeldBackForAWordToTheSender(t *testing.T) {
	for seats, most := range map[int]int{6: 1, 7: 2} {
		w := newWorld(t)
		p := w.companyOf(seats)
		for i := range most {
			w.say(p.ann.Token, fmt.Sprintf("word %d", i))
			if got := w.guarded(p, "what I say", p.cid.Cursor, ""); got.Sent {
				t.Fatalf("%d agents: sent over word %d", seats, i)
			}
		}
		w.say(p.ann.Token, "one word more, @Cid")
		if got := w.guarded(p, "what I say", p.cid.Cursor, ""); got.Sent {
			t.Errorf("%d agents: sent over a word to Cid", seats)
		}
	}
}

// Three compare notes. Ann asks both the others, Bob answers, and what Cid was about to answer may be just that.
func TestGuard_answerOfAnother_holdsBackMineOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		id := w.ask(p.ann.Token, "which row is it?", "Bob", "Cid")
		cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
		w.sends(chat.SendRequest{Token: p.bob.Token, Text: "row 17", ReplyTo: id})
		got := there.guarded(p, "I look for it", cursor, id)
		if got.Sent {
			t.Fatal("sent over the answer of another")
		}
		same(t, "Cid reads", lines(got.Messages), []string{"Bob: row 17"})
		w.say(p.bob.Token, "and row 18")
		if got = there.guarded(p, "I find the same", got.Cursor, id); !got.Sent {
			t.Errorf("held back twice: %q", lines(got.Messages))
		}
	})
}

func TestGuard_answerToAnOpenRequestOfMany_isHeldBackOnlyForWordsToTheSender(t *testing.T) {
	w := newWorld(t)
	p := w.companyOf(7)
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
