package wake

import "time"

// repeats returns how long an agent has to read before it is woken again: the first time, the second, the third. After
// the last the agent is left alone until it has read.
func repeats() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
}

// An agent may have read what the server shows as unread: a server that was killed forgot the agent's read position,
// or another server does not know the position yet. So a newer message wakes the agent again, after newsFirst. The
// time doubles with each notice for the same oldest message, up to newsMost. Otherwise a busy room would cost the
// agent a turn for each message.
const (
	newsFirst = 15 * time.Second
	newsMost  = 2 * time.Minute
)

// A notice that failed is tried again after retryFirst: mostly the agent's turn is not over. The time doubles with
// every fourth try, up to retryMost. After as many tries as retries says, which take longer than the eight hours that
// a Stop hook waits, the agent is left alone.
const (
	retryFirst = time.Second
	retryMost  = 2 * time.Minute
	retries    = 280
)

// reminder records what an agent was last woken for, and decides when the agent is woken again. Here Ann was woken at
// 12:00:00, when message 41 was the oldest and the newest that she had not read:
//
//  1. Ann has read, and 42 came: she is woken at once.
//  2. Nothing came: she is woken again at 12:02:00.
//  3. 42 came: she is woken again at 12:00:15.
//  4. 42 came, she was woken for it at 12:00:15, and 43 came: she is woken again at 12:00:45.
//  5. Nothing came, and she was woken again at 12:02:00: she is woken again at 12:12:00.
//  6. Nothing came, and she was woken again at 12:02:00 and 12:12:00: she is woken again at 12:42:00.
//  7. She was woken again at 12:02:00, 12:12:00 and 12:42:00, and 42 came: she is left alone until she has read.
//  8. 42 came, and at 12:00:15 she could not be woken: she is tried again at 12:00:16.
//  9. 42 came, and from 12:00:15 on she could not be woken for 281 times: she is left alone until she has read.
//  10. She was woken for her turn, with nothing to read, and 42 came: she is left alone until she has read.
type reminder struct {
	state        state
	oldest       string    // the oldest message that the agent had not read; "": the agent had read all
	newest       string    // the newest message at the last notice
	wakes        int       // the notices so far
	repeats      int       // the notices that were sent only because the agent had not read for long
	failures     int       // the failed notices in a row
	again        time.Time // in the state waking: when the agent is woken again
	againForNews time.Time // in the state waking: when the agent is woken again if a newer message has come
}

// state says what happens next to an agent that has not read.
type state int

const (
	idle      state = iota // the agent was not woken yet
	waking                 // the agent is woken again at a set time
	leftAlone              // the agent is not woken until it has read
)

// wakesAt reports whether the agent is to be woken now. newest is the newest message.
func (t reminder) wakesAt(now time.Time, newest string) bool {
	return t.state == idle || t.state == waking && !now.Before(t.due(newest))
}

// due returns when an agent in the state waking is woken again. newest is the newest message.
func (t reminder) due(newest string) time.Time {
	if newest != t.newest && t.againForNews.Before(t.again) {
		return t.againForNews
	}
	return t.again
}

// recordWoken records that the agent was woken, when newest was the newest message.
func (t *reminder) recordWoken(now time.Time, newest string) {
	late := t.wakes > 0 && !now.Before(t.again)
	if late {
		t.repeats++
	}
	t.failures, t.newest = 0, newest
	t.againForNews = now.Add(min(newsFirst<<min(t.wakes, 8), newsMost))
	t.wakes++
	after := repeats()
	switch {
	case t.oldest == "" || t.repeats >= len(after): // 7, 10
		t.state = leftAlone
	case t.wakes == 1 || late: // 2, 5, 6
		t.state, t.again = waking, now.Add(after[t.repeats])
	case t.again.Before(t.againForNews): // one notice is enough for now
		t.again = t.againForNews
	}
}

// recordFailure records that the agent could not be woken.
func (t *reminder) recordFailure(now time.Time) {
	t.state = leftAlone // 9
	if t.failures < retries {
		t.state, t.again = waking, now.Add(min(retryFirst<<min(t.failures/4, 8), retryMost)) // 8
	}
	t.againForNews = t.again
	t.failures++
}
