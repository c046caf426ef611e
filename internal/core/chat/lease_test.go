package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

func TestLease_endsWithinASecond_retryAfterIsOneSecond(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(500 * time.Millisecond)
	w.pair()
	w.clock.Advance(90*time.Second + 100*time.Millisecond) // items expire at whole seconds
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, time.Second)
	w.clock.Advance(400 * time.Millisecond)
	w.join("plans", "Cid")
}
