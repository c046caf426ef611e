package wake

import "time"

// repeats returns after how long an agent is woken again that has not read, each time. After that it is left alone
// until it has read.
func repeats() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
}

// An agent may have read what the server shows as unread: a server that was killed forgot that the agent has read, or
// another server does not know yet. So a newer message wakes the agent again, after newsFirst. The time doubles up to
// newsMost with each notice for the same oldest message, so that a busy room does not cost a turn for each message.
const (
	newsFirst = 15 * time.Second
	newsMost  = 2 * time.Minute
)

// An agent that could not be woken is tried again after deafFirst: mostly its turn is not over. The time doubles up to
// deafMost with every fourth try. After deafTimes, which take longer than the eight hours that its Stop hook would
// wait, the agent is left alone.
const (
	deafFirst = time.Second
	deafMost  = 2 * time.Minute
	deafTimes = 280
)

// told is what an agent was last woken for, and decides when it is woken again. Here Ann was woken at 12:00:00, when 41
// was the oldest message that she had not read, and the newest:
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
type told struct {
	state   state
	first   string    // the oldest message that the agent had not read; "": it had read all
	newest  string    // the newest message then
	times   int       // how often it was woken
	repeats int       // how often of these because it had not read for long
	deaf    int       // how often in a row it could not be woken
	again   time.Time // of waking: when to do it again
	news    time.Time // of waking: when to do it again if there is a newer message
}

// state says how it goes on with an agent that has not read.
type state int

const (
	untold    state = iota // it was not woken for what it has not read
	waking                 // it is woken again at a time
	leftAlone              // it is not woken until it has read
)

// wakesAt reports whether the agent is woken now, where newest is the newest message.
func (t told) wakesAt(now time.Time, newest string) bool {
	return t.state == untold || t.state == waking && !now.Before(t.due(newest))
}

// due returns when an agent in the state waking is woken again, where newest is the newest message.
func (t told) due(newest string) time.Time {
	if newest != t.newest && t.news.Before(t.again) {
		return t.news
	}
	return t.again
}

// woken records that the agent was woken, when newest was the newest message.
func (t *told) woken(now time.Time, newest string) {
	late := t.times > 0 && !now.Before(t.again)
	if late {
		t.repeats++
	}
	t.deaf, t.newest = 0, newest
	t.news = now.Add(min(newsFirst<<min(t.times, 8), newsMost))
	t.times++
	after := repeats()
	switch {
	case t.first == "" || t.repeats >= len(after): // 7, 10
		t.state = leftAlone
	case t.times == 1 || late: // 2, 5, 6
		t.state, t.again = waking, now.Add(after[t.repeats])
	case t.again.Before(t.news): // one notice is enough for now
		t.again = t.news
	}
}

// missed records that the agent could not be woken.
func (t *told) missed(now time.Time) {
	t.state = leftAlone // 9
	if t.deaf < deafTimes {
		t.state, t.again = waking, now.Add(min(deafFirst<<min(t.deaf/4, 8), deafMost)) // 8
	}
	t.news = t.again
	t.deaf++
}
