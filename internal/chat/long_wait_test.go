package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/view"
)

// A process may end without a word in the middle of a long wait. So others see the wait
// announced for some minutes at a time.
func TestWait_ofHours_isSeenAsLongAsItsProcessLives(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, kill := context.WithCancel(t.Context())
	ended := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: chat.MaxWait})
	bob := func() view.State {
		for _, a := range w.another().info(p.ann.Token).Room.Agents {
			if a.Name == p.bob.Name {
				return a.State
			}
		}
		return ""
	}
	for range 20 {
		w.clock.Advance(5 * time.Minute)
		await(t, "the wait to be announced again", func() bool { return bob() == view.Waiting })
	}
	kill()
	<-ended
	w.clock.Advance(7 * time.Minute)
	if got := bob(); got != view.Silent {
		t.Errorf("seven minutes after its process ended Bob's agent is %s", got)
	}
}
