package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

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
