package standby

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/nudge"
)

// repeats returns after how long an agent is woken again that has not read, each time.
// What else comes meanwhile is gathered, so that a busy room does not cost a turn for
// each message. After that it is left alone until it has read.
func repeats() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
}

const (
	// deafFirst is when an agent is tried again that could not be woken, mostly since its
	// turn is not over. The time doubles up to deafMost; after deafTimes it is left alone.
	deafFirst = time.Second
	deafMost  = 2 * time.Minute
	deafTimes = 60
)

// consider wakes the agent unless it was woken shortly ago for the same. first is the
// oldest message that it has not read; if that has changed, it has read in between.
func (w *watch) consider(first string, n nudge.News) {
	now := w.Clock.Now()
	if w.told.first != first {
		w.told = told{first: first}
	}
	fresh := w.told.times == 0 && w.told.deaf == 0
	if !fresh && (w.told.next.IsZero() || now.Before(w.told.next)) {
		return
	}
	err := w.Nudge(w.ctx, w.seat(), n)
	switch {
	case w.ctx.Err() != nil:
	case err == nil:
		w.tell(Woken, n.String(), nil)
		w.told.next, w.told.deaf = time.Time{}, 0
		if after := repeats(); first != "" && w.told.times < len(after) {
			w.told.next = w.Clock.Now().Add(after[w.told.times])
		}
		w.told.times++
	case errors.Is(err, nudge.ErrEnded):
		w.stop(SessionEnded)
	default:
		if w.told.deaf == 0 {
			w.tell(NotWoken, n.String(), err)
		}
		w.told.next = time.Time{}
		if w.told.deaf < deafTimes {
			w.told.next = w.Clock.Now().Add(min(deafFirst<<min(w.told.deaf/4, 8), deafMost))
		}
		w.told.deaf++
	}
}
