package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (w *world) sayAs(token string, kind room.Kind, text string) chat.Sent {
	w.t.Helper()
	got, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: text, Kind: kind})
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return got
}

// Ann says that she is done with talking. A task that nobody has keeps nobody.
func TestAllDone_aTaskIsTaken_comesOnceItEndsOrStalls(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	bob := func(when string, want chat.WaitStatus) {
		t.Helper()
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor // past what happened
		wantStatus(t, when, w.look(p.bob.Token, p.bob.Cursor), want)
	}
	w.adds(p.ann.Token, "sand", "paint", "sweep")
	w.sayAs(p.ann.Token, room.Done, "that is all")
	bob("free", chat.StatusAllDone)
	w.task(p.ann.Token, chat.TaskTake, "t1")
	bob("taken", chat.StatusQuiet)
	w.task(p.ann.Token, chat.TaskFinish, "t1")
	bob("done", chat.StatusAllDone)
	w.task(p.ann.Token, chat.TaskTake, "t2")
	w.clock.Advance(room.StallsAfter - time.Second)
	bob("taken for long", chat.StatusQuiet)
	w.clock.Advance(time.Second)
	bob("stalled", chat.StatusAllDone)
}

func TestAllDone_openWait_lastsForItsWholeTime(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.ann.Token, room.Done, "that is all")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	waits := w.hold(p.bob)
	w.pass(time.Minute)
	w.stillWaits("Bob", waits[0])
	w.pass(longWait - time.Minute)
	wantStatus(t, "Bob", take(t, waits[0]), chat.StatusAllDone)
}
