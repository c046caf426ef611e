package room_test

import (
	"reflect"
	"testing"

	"github.com/parley-chat/parley/internal/room"
)

func TestSteer_isSeenBehindItsSeatAloneAndIfItHasAReason(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := room.Person{Devices: []string{"hash"}, Opened: 1, From: l.head.AsOf + 1}
	silent, told := l.apply(room.Steer(l.agent(2), p, "")), l.apply(room.Steer(l.agent(2), p, "why"))
	if got := l.agent(2).Person; !reflect.DeepEqual(got, p) {
		t.Errorf("behind Bob is %+v", got)
	}
	later := l.agent(2)
	later.Person.From = l.head.AsOf + 1
	for what, c := range map[string]struct {
		a    room.Agent
		sees bool
	}{"its agent": {l.agent(2), true}, "another": {l.agent(1), false}, "who has the seat later": {later, false}} {
		if c.a.Sees(silent) || c.a.Sees(told) != c.sees {
			t.Errorf("%s sees what has no reason: %v, what has one: %v", what, c.a.Sees(silent), c.a.Sees(told))
		}
	}
}
