package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
)

// TestSend_cursorBehindNewsOfLongAgo_holdsTheMessageBack has a service that sees
// only the sender's own words when it loads the room: what others said lies
// further back than it looked.
func TestSend_cursorBehindNewsOfLongAgo_holdsTheMessageBack(t *testing.T) {
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
	same(t, "Ann hears", lines(got.Messages), []string{"Bob: news from Bob"})
	req.Cursor = got.Cursor
	if got, err = w.elsewhere().Send(t.Context(), req); err != nil || !got.Sent {
		t.Fatalf("then got %+v, %v", got, err)
	}
}

// TestSend_cursorOfARepeatedCall has a program repeat a call whose reply was
// lost: what was sent must not be called not sent, though news came since.
func TestSend_cursorOfARepeatedCall_isNotHeldAgainstTheKey(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "a hundred for the blue one", Key: "offer 1", Cursor: p.bob.Cursor}
	first, err := w.Send(t.Context(), req)
	if err != nil || !first.Sent {
		t.Fatalf("first: %+v, %v", first, err)
	}
	w.say(p.ann.Token, "agreed")
	if again, err := w.Send(t.Context(), req); err != nil || !again.Sent || !again.Duplicate || again.Seq != first.Seq {
		t.Errorf("again: %+v, %v", again, err)
	}
	req.Key, req.Text = "offer 2", "and fifty for the red one"
	if other, err := w.Send(t.Context(), req); err != nil || other.Sent || len(texts(other.Messages)) != 1 {
		t.Errorf("another message behind the news: %+v, %v", other, err)
	}
}
