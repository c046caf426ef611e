package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
)

// A take of a task in question is held back once, over a wait, and not at all without a cursor (talk: in question).
func TestQuestion_firstTake_isHeldOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	plan := w.allAgree(p, "move the shop")
	w.adds(p.ann.Token, "copy", "switch", "third")
	w.counter(p.bob, "stay", plan)
	take := chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake, ID: "t1",
		Cursor: w.look(p.cid.Token, "").Cursor}
	held := w.does(take)
	if held.Held == nil {
		t.Fatalf("%+v", held)
	}
	w.ask(p.ann.Token, "really?", "Cid")
	take.Cursor = w.look(p.cid.Token, held.Held.Cursor).Cursor
	if got := w.does(take); got.Held != nil || !got.Task.Mine {
		t.Errorf("after a wait: %+v", got)
	}
	if got := w.task(p.bob.Token, chat.CommandTake, "t3"); got.Held != nil || !got.Task.Mine {
		t.Errorf("without a cursor: %+v", got)
	}
}
