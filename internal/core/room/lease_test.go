package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestLeaseEnd_waitReturnAndRole_moveIt(t *testing.T) {
	const away = time.Hour
	for what, c := range map[string]struct {
		role        room.Role
		invited     bool
		principal   string
		unused      bool
		waits, back time.Duration // after the last call
		want        time.Duration // after the last call
	}{
		"member":              {role: room.Member, want: 15 * time.Minute},
		"member that waits":   {role: room.Member, waits: 4 * time.Minute, want: 19 * time.Minute},
		"member that is away": {role: room.Member, back: away, want: away + 15*time.Minute},
		"member that waits beyond its return": {role: room.Member, waits: 4 * time.Minute, back: time.Minute,
			want: 19 * time.Minute},
		"unused token":            {role: room.Member, unused: true, want: 5 * time.Minute},
		"unused token of a guest": {role: room.Member, invited: true, unused: true, want: 90 * time.Second},
		"unused token of a guest with a key": {role: room.Member, invited: true, principal: "key:k", unused: true,
			want: 5 * time.Minute},
		"guest":                      {role: room.Member, invited: true, want: 15 * time.Minute},
		"admin":                      {role: room.Admin, want: 24 * time.Hour},
		"admin that waits":           {role: room.Admin, waits: time.Minute, want: 24*time.Hour + time.Minute},
		"admin with an unused token": {role: room.Admin, unused: true, want: 24 * time.Hour},
	} {
		called := start()
		p := room.Presence{AtMs: called.UnixMilli(), Used: !c.unused}
		if c.waits > 0 {
			p.UntilMs = called.Add(c.waits).UnixMilli()
		}
		if c.back > 0 {
			p.BackMs = called.Add(c.back).UnixMilli()
		}
		agent := room.Agent{Role: c.role, Principal: c.principal}
		if c.invited {
			agent.Invite = 1
		}
		got := p.LeaseEnd(agent)
		if !got.Equal(called.Add(c.want)) {
			t.Errorf("%s: %s, want %s", what, got.Sub(called), c.want)
		}
	}
}

// What was stored of a member expires before its lease as an admin ends.
func TestLeaseEnd_ofAMemberThatBecameAdmin_isADayLater(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.now = l.now.Add(25 * time.Hour)
	l.leave(ann)
	got, _ := room.Liveness{Presence: map[int]room.Presence{}}.LeaseEnd(l.head, l.agent(bob).Agent)
	if want := l.now.Add(room.AdminLease); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// What expires earlier would end a lease too early.
func TestCeilSecond_isNeverEarlier(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{0: 0, 1: time.Second, time.Second: time.Second} {
		if got := room.CeilSecond(start().Add(d)); !got.Equal(start().Add(want)) {
			t.Errorf("%s becomes %s", d, got.Sub(start()))
		}
	}
}

func TestSilentFrom_isTheLatestOfCallWaitAndReturn(t *testing.T) {
	at := func(d time.Duration) int64 { return start().Add(d).UnixMilli() }
	for want, p := range map[time.Duration]room.Presence{
		3 * time.Second: {AtMs: at(3 * time.Second), UntilMs: at(time.Second), BackMs: at(2 * time.Second)},
		4 * time.Second: {AtMs: at(0), UntilMs: at(4 * time.Second)},
		5 * time.Second: {AtMs: at(0), UntilMs: at(time.Second), BackMs: at(5 * time.Second)},
	} {
		if got := p.SilentFrom(); !got.Equal(start().Add(want)) {
			t.Errorf("got %s, want %s", got.Sub(start()), want)
		}
	}
}
