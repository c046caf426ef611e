package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// said returns a function in which Ann sends req.
func said(req chat.SendRequest) func(w *world, p company) {
	return func(w *world, p company) {
		req.Token = p.ann.Token
		if _, err := w.send(req); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestWait_messagesThatWokeNobody_comeWithTheNextOne(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute,
		ForMe: true})
	said(chat.SendRequest{Text: "half done", Kind: room.Status})(w, p)
	w.say(p.bob.Token, "good")
	w.tell(p.ann.Token, "between Ann and Bob", "Bob")
	w.join("plans", "Dora")
	said(chat.SendRequest{Text: "and you, @Cid?"})(w, p)
	got := take(t, waiting)
	same(t, "Cid receives", lines(got.Messages),
		[]string{"Ann: half done", "Bob: good", "joined Dora", "Ann: and you, @Cid?"})
}
