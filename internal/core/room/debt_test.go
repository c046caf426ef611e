package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestDebtOf_isTheOldestAnswerThatIsOwed(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline) room.Event // what Bob owes an answer to
		after  time.Duration
		want   room.Debt // without the id
		none   bool
	}{
		"nothing":   {happen: func(l *timeline) room.Event { return l.say(1, "hello") }, none: true},
		"a request": {happen: func(l *timeline) room.Event { return l.ask(1, 2) }},
		"the older of two": {happen: func(l *timeline) room.Event {
			e := l.ask(1, 2)
			l.propose(3)
			return e
		}},
		"an agreement": {happen: func(l *timeline) room.Event { return l.propose(1) },
			want: room.Debt{OwesAgreement: true}},
		"one that had a plain reply": {happen: func(l *timeline) room.Event {
			e := l.propose(1)
			l.reply(2, e)
			return e
		}, want: room.Debt{OwesAgreement: true}},
		"one in private": {happen: func(l *timeline) room.Event { return l.propose(1, 2) },
			want: room.Debt{OwesAgreement: true, OwesPrivate: true}},
		"one that was answered": {happen: func(l *timeline) room.Event { e := l.ask(1, 2); l.reply(2, e); return e },
			none: true},
		"one of a day ago": {happen: func(l *timeline) room.Event { return l.ask(1, 2) }, after: room.DebtLife,
			none: true},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		e := c.happen(l)
		if !c.none {
			c.want.Owes = l.head.MessageID(e.N)
		}
		if got := l.head.DebtOf(2, l.now.Add(c.after)); got != c.want {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
}
