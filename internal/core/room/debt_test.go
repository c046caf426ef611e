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
		"a plain message": {happen: func(l *timeline) room.Event { return l.say(ann, "hello") }, none: true},
		"a request":       {happen: func(l *timeline) room.Event { return l.ask(ann, bob) }},
		"the older of two": {happen: func(l *timeline) room.Event {
			e := l.ask(ann, bob)
			l.propose(cid)
			return e
		}},
		"a proposal": {happen: func(l *timeline) room.Event { return l.propose(ann) },
			want: room.Debt{OwesAgreement: true}},
		"a proposal with a plain reply": {happen: func(l *timeline) room.Event {
			e := l.propose(ann)
			l.reply(bob, e)
			return e
		}, want: room.Debt{OwesAgreement: true}},
		"a private proposal": {happen: func(l *timeline) room.Event { return l.propose(ann, bob) },
			want: room.Debt{OwesAgreement: true, OwesPrivate: true}},
		"an answered request": {happen: func(l *timeline) room.Event {
			e := l.ask(ann, bob)
			l.reply(bob, e)
			return e
		},
			none: true},
		"a request of a day ago": {happen: func(l *timeline) room.Event { return l.ask(ann, bob) },
			after: room.DebtLife,
			none:  true},
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
