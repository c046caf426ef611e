package chat_test

import (
	"fmt"
	"slices"
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
func TestGuard_unreadWordsOfAnother_holdATextBackOnce(t *testing.T) {
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

func TestGuard_unreadWordsForTheSender_holdATextBackAlways(t *testing.T) {
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

// A service that loads the room first sees only the sender's own messages. The news
// lies before the page that it reads.
func TestSend_cursorBehindOldNews_isHeldBack(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "news from Bob")
	for i := range 30 {
		w.say(p.ann.Token, fmt.Sprintf("part %d of a long monologue of Ann", i))
	}
	cold := w.elsewhere()
	req := chat.SendRequest{Token: p.ann.Token, Text: "the end of a long monologue of Ann", Cursor: p.ann.Cursor}
	got, err := cold.Send(t.Context(), req)
	if err != nil || got.Sent {
		t.Fatalf("got %+v, %v", got, err)
	}
	same(t, "Ann receives", lines(got.Messages), []string{"Bob: news from Bob"})
	req.Cursor = got.Cursor
	got, err = w.elsewhere().Send(t.Context(), req)
	if err != nil || !got.Sent {
		t.Fatalf("then got %+v, %v", got, err)
	}
}

// A program repeats a call whose reply was lost. The message was sent, so the call must
// not be held back for news that came since.
func TestSend_repeatedKeyWithAnOldCursor_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "a hundred for the blue one", Key: "offer 1",
		Cursor: p.bob.Cursor}
	first, err := w.Send(t.Context(), req)
	if err != nil || !first.Sent {
		t.Fatalf("first: %+v, %v", first, err)
	}
	w.say(p.ann.Token, "agreed")
	if again, err := w.Send(t.Context(), req); err != nil || !again.Sent || !again.Duplicate || again.ID != first.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	req.Key, req.Text = "offer 2", "and fifty for the red one"
	if other, err := w.Send(t.Context(), req); err != nil || other.Sent || len(texts(other.Messages)) != 1 {
		t.Errorf("another message behind the news: %+v, %v", other, err)
	}
}

func TestSend_cursorWithoutNews_isSentAndMovesTheCursor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	sent, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Cursor: p.ann.Cursor})
	if err != nil || !sent.Sent || sent.Cursor == p.ann.Cursor || sent.Cursor == "" {
		t.Fatalf("got %+v, %v", sent, err)
	}
	w.say(p.bob.Token, "hi")
	if got := w.look(p.ann.Token, sent.Cursor); !slices.Equal(texts(got.Messages), []string{"hi"}) {
		t.Fatalf("then got %+v", got)
	}
}

// Bob falls silent, and a stranger takes his name. Ann, whose cursor is older, is shown that
// once before she tells him anything in private.
func TestGuard_privateMessageToAnAgentThatJoinedSince_isHeldBackOnce(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		req := chat.SendRequest{Token: p.ann.Token, Text: "for Bob's eyes", To: []string{"Bob"}}
		req.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor
		w.clock.Advance(room.Lease)
		there.look(p.cid.Token, p.cid.Cursor)
		there.join("plans", "Bob")
		toAll := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "for all", Cursor: req.Cursor})
		if !toAll.Sent {
			t.Errorf("what all read is held back: %+v", toAll)
		}
		got, err := w.send(req)
		if err != nil || got.Sent {
			t.Fatalf("got %+v, %v", got, err)
		}
		same(t, "Ann is shown", lines(got.Messages), []string{"left Bob (timeout)", "joined Bob"})
		req.Cursor = got.Cursor
		if again, err := there.send(req); err != nil || !again.Sent {
			t.Errorf("once more: %+v, %v", again, err)
		}
		if late := w.sends(chat.SendRequest{Token: p.cid.Token, Text: "for Bob, without a cursor",
			To: []string{"Bob"}}); !late.Sent {
			t.Errorf("without a cursor: %+v", late)
		}
	})
}
