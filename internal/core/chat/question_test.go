package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
)

// The first take counts as one of the two that may be held back: words to Cid hold back the second one, and no more do.
func TestQuestion_firstTake_isHeldOnceInTheCountOfActs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	plan := w.allAgree(p, "move the shop")
	w.adds(p.ann.Token, "copy", "switch")
	w.counter(p.bob, "stay", plan)
	take := chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake, ID: "t1",
		Cursor: w.look(p.cid.Token, "").Cursor}
	for n, held := range []bool{true, true, false} {
		if n > 0 {
			w.ask(p.ann.Token, fmt.Sprint("really, after ", n, "?"), "Cid")
		}
		got := w.does(take)
		if (got.Held != nil) != held {
			t.Fatalf("take %d: %+v", n+1, got)
		}
		if held {
			take.Cursor = got.Held.Cursor
		}
	}

	// It is held back no second time after a wait, and not at all without a cursor.
	w.task(p.cid.Token, chat.CommandRelease, "t1")
	again := chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandTake, ID: "t2",
		Cursor: w.look(p.ann.Token, "").Cursor}
	got := w.does(again)
	if got.Held == nil {
		t.Fatalf("%+v", got)
	}
	again.Cursor = w.look(p.ann.Token, got.Held.Cursor).Cursor
	if got := w.does(again); got.Held != nil {
		t.Errorf("after a wait: %+v", got)
	}
	w.adds(p.ann.Token, "third")
	w.counter(p.bob, "stay away", plan)
	if got := w.task(p.bob.Token, chat.CommandTake, "t3"); got.Held != nil || !got.Task.Mine {
		t.Errorf("without a cursor: %+v", got)
	}
}
