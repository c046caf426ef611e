package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// guarded has Cid send a text with the cursor.
func (w *world) guarded(p company, text, cursor string) chat.Sent {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: p.cid.Token, Text: text, Cursor: cursor})
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

// onBoth runs a test with one service, and with two on one table.
func onBoth(t *testing.T, test func(t *testing.T, w, there *world)) {
	t.Run("one service", func(t *testing.T) { w := newWorld(t); test(t, w, w) })
	t.Run("two services", func(t *testing.T) { w := newWorld(t); test(t, w.elsewhere(), w.elsewhere()) })
}

// Cid passes over what Ann says to all only with the very cursor that a hold has returned, however many listen.
func TestGuard_otherWords_holdATextBackOnce(t *testing.T) {
	for _, agents := range []int{2, 3, 7} {
		t.Run(fmt.Sprintf("%d agents", agents), func(t *testing.T) {
			onBoth(t, func(t *testing.T, w, there *world) {
				p, n := w.companyOf(max(agents, 3)), 0
				if agents == 2 {
					w.leave(p.bob.Token)
				}
				annSays := func() { n++; w.say(p.ann.Token, fmt.Sprintf("word %d", n)) }
				held := func(what, text, cursor string) string {
					t.Helper()
					got := there.guarded(p, text, cursor)
					if got.Sent {
						t.Errorf("%s: sent", what)
					}
					return got.Cursor
				}
				annSays()
				of := held("the first cursor", "my words", p.cid.Cursor)
				held("the same call", "my words", p.cid.Cursor)
				annSays()
				held("the first cursor again", "my words", p.cid.Cursor)
				got := there.guarded(p, "my words, read first", of)
				if !got.Sent || got.Before != 1 {
					t.Errorf("the cursor of the hold: %+v", got)
				}
				same(t, "with it come", lines(got.Messages), []string{"Ann: word 2"})
				annSays()
				of = held("a cursor of a send", "my next words", got.Cursor)
				annSays()
				newer := there.look(p.cid.Token, of).Cursor // Cid gives those up
				annSays()
				held("a newer cursor", "other words", newer)
			})
		})
	}
}

func TestGuard_meantForTheSender_holdsBackAlways(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		cursor := p.cid.Cursor
		for i := range 3 {
			w.tell(p.ann.Token, fmt.Sprintf("word %d", i), "Cid")
			w.say(p.ann.Token, "and a word to all")
			got := there.guarded(p, "what I say", cursor)
			if got.Sent {
				t.Fatalf("sent over word %d", i)
			}
			cursor = got.Cursor
		}
		if got := there.guarded(p, "what I say", cursor); !got.Sent {
			t.Errorf("held back for what came with a refusal: %q", lines(got.Messages))
		}
	})
}

func TestGuard_whatHoldsNothingBack_comesWithTheResult(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.sayAs(p.ann.Token, room.Status, "half done")
		w.join("plans", "Dora")
		got := there.guarded(p, "hello", p.cid.Cursor)
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
		got := there.guarded(p, "hello", "")
		if !got.Sent || place(t, p.cid.Token, got.Cursor) != w.elsewhere().number(p.cid.Token, got.ID) {
			t.Errorf("got %+v", got)
		}
		same(t, "Cid receives", lines(got.Messages), []string{"Ann: read this, @Cid"})
	})
}
