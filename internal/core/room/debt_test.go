package room_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestDebtOf_isTheOldestProposalElseTheOldestRequest(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline) room.Event // what Bob owes an answer to
		after  time.Duration
		want   room.Debt // without the id
		also   []int64
		none   bool
	}{
		"a plain message": {happen: func(l *timeline) room.Event { return l.say(ann, "hello") }, none: true},
		"a request":       {happen: func(l *timeline) room.Event { return l.ask(ann, bob) }},
		"the older of two": {happen: func(l *timeline) room.Event {
			e := l.ask(ann, bob)
			l.ask(cid, bob)
			return e
		}, also: []int64{5}},
		"a proposal after a request": {happen: func(l *timeline) room.Event {
			l.ask(ann, bob)
			return l.propose(cid)
		}, want: room.Debt{OwesAgreement: true}, also: []int64{4}},
		"a proposal between two requests": {happen: func(l *timeline) room.Event {
			l.ask(ann, bob)
			e := l.propose(cid)
			l.ask(cid, bob)
			return e
		}, want: room.Debt{OwesAgreement: true}, also: []int64{4, 6}},
		"a proposal": {happen: func(l *timeline) room.Event { return l.propose(ann) },
			want: room.Debt{OwesAgreement: true}},
		"a proposal with a plain reply": {happen: func(l *timeline) room.Event {
			e := l.propose(ann)
			l.reply(bob, e)
			return e
		}, want: room.Debt{OwesAgreement: true}},
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
		for _, n := range c.also {
			c.want.AlsoOwes = append(c.want.AlsoOwes, l.head.MessageID(n))
		}
		if got := l.head.DebtOf(bob, l.now.Add(c.after)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
}
