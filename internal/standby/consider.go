package standby

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/nudge"
)

// repeats returns after how long an agent is woken again that has not read, each time.
// After that it is left alone until it has read.
func repeats() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
}

// An agent may have read what the server shows as unread: a server that was killed forgot
// it, or another one does not know yet. So a newer message wakes the agent again, after
// newsFirst. The time doubles up to newsMost with each nudge for the same oldest message,
// so that a busy room does not cost a turn for each message.
const (
	newsFirst = 15 * time.Second
	newsMost  = 2 * time.Minute
)

const (
	// deafFirst is when an agent is tried again that could not be woken, mostly since its
	// turn is not over. The time doubles up to deafMost; after deafTimes, which take longer
	// than the eight hours that its Stop hook would wait, it is left alone.
	deafFirst = time.Second
	deafMost  = 2 * time.Minute
	deafTimes = 280
)

// told is what the agent was last woken for.
type told struct {
	first   string    // the oldest message that it had not read
	newest  string    // the newest message then
	times   int       // how often it was woken for it
	repeats int       // how often of these since it had not read for long
	deaf    int       // how often in a row it could not be
	again   time.Time // when to do it again; zero: only when it has read
	news    time.Time // when to do it if there is a newer message, unless again is zero
}

// due returns when to wake the agent again if newest is the newest message; zero: only
// when it has read.
func (t told) due(newest string) time.Time {
	if newest != t.newest && t.news.Before(t.again) {
		return t.news
	}
	return t.again
}

// woken notes a nudge.
func (t *told) woken(now time.Time, newest string) {
	if t.times > 0 && !now.Before(t.again) {
		t.repeats++
	}
	t.deaf, t.newest = 0, newest
	t.news = now.Add(min(newsFirst<<min(t.times, 8), newsMost))
	t.times++
	after := repeats()
	switch {
	case t.first == "" || t.repeats >= len(after):
		t.again = time.Time{}
	case t.times == 1 || !now.Before(t.again):
		t.again = now.Add(after[t.repeats])
	case t.again.Before(t.news): // one nudge is enough for now
		t.again = t.news
	}
}

// missed notes that the agent could not be woken.
func (t *told) missed(now time.Time) {
	t.again = time.Time{}
	if t.deaf < deafTimes {
		t.again = now.Add(min(deafFirst<<min(t.deaf/4, 8), deafMost))
	}
	t.news = t.again
	t.deaf++
}

// consider wakes the agent unless it was woken shortly ago for the same. first is the
// oldest message that it has not read; if that has changed, it has read in between.
func (w *watch) consider(first string, n nudge.News) {
	if w.told.first != first {
		w.told = told{first: first}
	}
	fresh, due := w.told.times == 0 && w.told.deaf == 0, w.told.due(w.newest)
	if !fresh && (due.IsZero() || w.Clock.Now().Before(due)) {
		return
	}
	err := w.Nudge(w.ctx, w.seat(), n)
	switch {
	case w.ctx.Err() != nil:
	case err == nil:
		w.tell(Woken, n.String(), nil)
		w.told.woken(w.Clock.Now(), w.newest)
	case errors.Is(err, nudge.ErrEnded):
		w.stop(SessionEnded)
	default:
		if w.told.deaf == 0 {
			w.tell(NotWoken, n.String(), err)
		}
		w.told.missed(w.Clock.Now())
	}
}
