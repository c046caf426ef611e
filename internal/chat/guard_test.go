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
