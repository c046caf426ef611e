package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/room"
)

func TestLeaseEnd(t *testing.T) {
	const away = time.Hour
	for what, c := range map[string]struct {
		role        room.Role
		unused      bool
		waits, back time.Duration // after the last call
		want        time.Duration // after the last call
	}{
		"member":                              {role: room.Member, want: 15 * time.Minute},
		"member that waits":                   {role: room.Member, waits: 4 * time.Minute, want: 19 * time.Minute},
		"member that is away":                 {role: room.Member, back: away, want: away + 15*time.Minute},
		"member that waits beyond its return": {role: room.Member, waits: 4 * time.Minute, back: time.Minute, want: 19 * time.Minute},
		"unused token":                        {role: room.Member, unused: true, want: 90 * time.Second},
		"admin":                               {role: room.Admin, want: 24 * time.Hour},
		"admin that waits":                    {role: room.Admin, waits: time.Minute, want: 24*time.Hour + time.Minute},
		"admin with an unused token":          {role: room.Admin, unused: true, want: 24 * time.Hour},
	} {
		called := start()
		p := room.Presence{AtMs: called.UnixMilli(), Used: !c.unused}
		if c.waits > 0 {
			p.UntilMs = called.Add(c.waits).UnixMilli()
		}
		if c.back > 0 {
			p.BackMs = called.Add(c.back).UnixMilli()
		}
		got := p.LeaseEnd(c.role)
		if !got.Equal(called.Add(c.want)) {
			t.Errorf("%s: %s, want %s", what, got.Sub(called), c.want)
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

// at returns a presence of a call so long after the start.
func at(d time.Duration) room.Presence {
	return room.Presence{AtMs: start().Add(d).UnixMilli(), Used: true}
}

func TestShown_presence_isThatOfAtLeastFifteenSecondsAgo(t *testing.T) {
	for what, c := range map[string]struct {
		calls []time.Duration
		at    time.Duration
		want  time.Duration
	}{
		"the first":                {[]time.Duration{0}, time.Second, 0},
		"a new call":               {[]time.Duration{0, time.Minute}, time.Minute + 14*time.Second, 0},
		"15 s later":               {[]time.Duration{0, time.Minute}, time.Minute + 15*time.Second, time.Minute},
		"the second at once":       {[]time.Duration{0, time.Second}, 2 * time.Second, 0},
		"two calls at once":        {[]time.Duration{0, time.Minute, time.Minute + 1e9}, time.Minute + 14*time.Second, 0},
		"two calls at once, later": {[]time.Duration{0, time.Minute, time.Minute + 1e9}, time.Minute + 16*time.Second, time.Minute + 1e9},
	} {
		var p room.Presence
		for _, d := range c.calls {
			p = at(d).After(p)
		}
		if got := p.Shown(start().Add(c.at)); !got.At().Equal(start().Add(c.want)) {
			t.Errorf("%s: that of %s, want %s", what, got.At().Sub(start()), c.want)
		}
	}
}

func TestShown_presenceOfABusyAgent_isNeverOlderThanThirtySeconds(t *testing.T) {
	for _, every := range []time.Duration{time.Second, 4 * time.Second, 14 * time.Second} {
		var p room.Presence
		for d := time.Duration(0); d < 10*time.Minute; d += every {
			p = at(d).After(p)
			age := start().Add(d).Sub(p.Shown(start().Add(d)).At())
			if d >= 30*time.Second && (age < room.PresenceDelay || age > 2*room.PresenceDelay) {
				t.Errorf("with a call every %s: it is %s old after %s", every, age, d)
			}
			depth := 0
			for q := &p; q.Prev != nil; q = q.Prev {
				depth++
			}
			if depth > 2 {
				t.Fatalf("with a call every %s it keeps %d", every, depth)
			}
		}
	}
}

// What others see at once is that an absence is announced, or that the agent says that
// it is back. No other call shows sooner for that.
func TestShown_absence_givesNoOtherCallAway(t *testing.T) {
	away := func(d time.Duration) room.Presence {
		p := at(d)
		p.BackMs = start().Add(10 * time.Minute).UnixMilli()
		return p
	}
	for what, c := range map[string]struct {
		calls    []room.Presence
		at, want time.Duration
	}{
		"announced":        {[]room.Presence{at(0), away(time.Second)}, 2 * time.Second, time.Second},
		"announced before": {[]room.Presence{at(0), away(time.Second), away(5 * time.Second)}, 6 * time.Second, time.Second},
		"ended":            {[]room.Presence{at(0), away(time.Second), at(5 * time.Second)}, 6 * time.Second, 5 * time.Second},
		"over by its time": {[]room.Presence{away(0), at(11 * time.Minute)}, 11*time.Minute + time.Second, 0},
	} {
		var p room.Presence
		for _, call := range c.calls {
			p = call.After(p)
		}
		if got := p.Shown(start().Add(c.at)); !got.At().Equal(start().Add(c.want)) {
			t.Errorf("%s: that of %s, want %s", what, got.At().Sub(start()), c.want)
		}
	}
}
