package room_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// Outcomes of a claim to a name that an agent has.
const (
	refused  = "refused"
	regained = "regained"
	replaced = "replaced"
)

// claimBob claims the name of Bob, in seat 2, and says what comes of it.
func claimBob(t *testing.T, l *timeline, principal string, p *room.Presence, now time.Time) (string, room.Seating, error) {
	t.Helper()
	c := room.Claim{Name: nameOf(t, "BOB"), Principal: principal, Holder: "new", Presence: map[int]room.Presence{}}
	if p != nil {
		c.Presence[2] = *p
	}
	got, err := c.Decide(l.head, now)
	switch {
	case err != nil:
		if fault.CodeOf(err) != fault.NameTaken {
			t.Errorf("unexpected error: %v", err)
		}
		return refused, got, err
	case got.Regained != nil:
		return regained, got, nil
	}
	return replaced, got, nil
}

// bobs returns a room of Ann and Bob, whose principal is key:b.
func bobs(t *testing.T) *timeline {
	l := newRoom(t, "Ann", "Bob")
	a := l.agent(2)
	a.Principal, a.Hash = "key:b", "old"
	l.apply(room.Event{Type: room.Joined, Seat: 2, Name: a.Name, Agent: &a, Regains: true})
	l.say(1, "hello")
	return l
}

func TestReclaim_byPrincipalAndSilence(t *testing.T) {
	const same, other, none = "key:b", "key:c", ""
	type presence struct {
		called, own, waits, back time.Duration // before the claim; negative: after it
		used, standby            bool
	}
	const minute, hour = time.Minute, time.Hour
	for what, c := range map[string]struct {
		principal string
		admin     bool
		presence  presence
		want      string
		retry     time.Duration
	}{
		"same, soon":                   {same, false, presence{called: 119 * time.Second, used: true}, refused, time.Second},
		"same, idle":                   {same, false, presence{called: 2 * minute, used: true}, regained, 0},
		"same, its wait is open":       {same, false, presence{called: 5 * minute, waits: -minute, used: true}, refused, 3 * minute},
		"same, its wait ended":         {same, false, presence{called: 5 * minute, waits: 2 * minute, used: true}, regained, 0},
		"same, on standby":             {same, false, presence{called: time.Second, own: 2 * minute, waits: -hour, used: true, standby: true}, regained, 0},
		"same, standby, called itself": {same, false, presence{called: time.Second, own: minute, waits: -hour, used: true, standby: true}, refused, minute},
		"same, said it is away":        {same, false, presence{called: 2 * minute, back: -hour, used: true}, regained, 0},
		"same, unused, soon":           {same, false, presence{called: 19 * time.Second}, refused, time.Second},
		"same, unused":                 {same, false, presence{called: 20 * time.Second}, regained, 0},
		"same, admin":                  {same, true, presence{called: 2 * minute, used: true}, regained, 0},
		"other, soon":                  {other, false, presence{called: 119 * time.Second, used: true}, refused, time.Second},
		"other, silent":                {other, false, presence{called: 2 * minute, used: true}, replaced, 0},
		"other, it waits":              {other, false, presence{called: 5 * minute, waits: -minute, used: true}, refused, 3 * minute},
		"other, on standby":            {other, false, presence{called: time.Second, own: 2 * minute, waits: -hour, used: true, standby: true}, replaced, 0},
		"other, said it is away":       {other, false, presence{called: 2 * minute, back: -hour, used: true}, replaced, 0},
		"other, unused, soon":          {other, false, presence{called: 89 * time.Second}, refused, time.Second},
		"other, unused":                {other, false, presence{called: 90 * time.Second}, replaced, 0},
		"other, admin":                 {other, true, presence{called: 23 * hour, used: true}, refused, hour},
		"other, admin, a day":          {other, true, presence{called: 24 * hour, used: true}, replaced, 0},
		"other, admin, away":           {other, true, presence{called: 24 * hour, back: -hour, used: true}, refused, 25 * hour},
		"none, silent":                 {none, false, presence{called: 2 * minute, used: true}, replaced, 0},
		"none, soon":                   {none, false, presence{called: minute, used: true}, refused, minute},
	} {
		l := bobs(t)
		if c.admin {
			l.manage(room.Promote, 2)
		}
		now := l.now.Add(48 * hour)
		ms := func(ago time.Duration) int64 { return now.Add(-ago).UnixMilli() }
		p := room.Presence{AtMs: ms(c.presence.called), OwnMs: ms(max(c.presence.own, c.presence.called)), Used: c.presence.used, Standby: c.presence.standby}
		if c.presence.waits != 0 {
			p.UntilMs = ms(c.presence.waits)
		}
		if c.presence.back != 0 {
			p.BackMs = ms(c.presence.back)
		}
		got, _, err := claimBob(t, l, c.principal, &p, now)
		var f *fault.Error
		if got != c.want || got == refused && (!errors.As(err, &f) || f.RetryAfter != c.retry) {
			t.Errorf("%s: %s, want %s; %+v", what, got, c.want, f)
		}
	}
}

func TestReclaim_bySamePrincipal_keepsEverythingButTheToken(t *testing.T) {
	l := bobs(t)
	l.manage(room.Promote, 2)
	old := l.agent(2)
	now := l.now.Add(time.Hour)
	_, got, _ := claimBob(t, l, "key:b", nil, now)
	want := old
	want.Hash, want.EndedHash, want.AtMs, want.RegainedMs = "new", old.Hash, now.UnixMilli(), now.UnixMilli()
	if got.Regained == nil || !reflect.DeepEqual(*got.Regained, want) || got.Gone != nil || got.Replaces != nil {
		t.Errorf("got %+v, want %+v", got.Regained, want)
	}
}

func TestReclaim_bySamePrincipal_worksOnceInFifteenMinutes(t *testing.T) {
	l := bobs(t)
	l.say(2, "hello")
	at := l.now.Add(time.Hour)
	_, first, _ := claimBob(t, l, "key:b", nil, at)
	l.now = at
	l.apply(room.Event{Type: room.Joined, Seat: 2, Name: "Bob", Agent: first.Regained, Regains: true})
	for after, want := range map[time.Duration]string{
		time.Minute:      refused,
		14 * time.Minute: refused, // not as anyone, either
		15 * time.Minute: regained,
	} {
		if got, _, err := claimBob(t, l, "key:b", nil, at.Add(after)); got != want {
			t.Errorf("after %s: %s, %v; want %s", after, got, err, want)
		}
	}
}

func TestReclaim_byAnyoneElse_getsANewSeatWithoutRoleOrHistory(t *testing.T) {
	l := bobs(t)
	l.manage(room.Promote, 2)
	l.say(2, "psst", 1)
	now := l.now.Add(25 * time.Hour)
	_, got, _ := claimBob(t, l, "key:c", nil, now)
	if got.Regained != nil || got.Replaces == nil || got.Replaces.Seat != 2 || got.Gone == nil || got.Gone.Reason != room.ReasonReplaced || got.Since != l.head.FromNext() {
		t.Fatalf("got %+v", got)
	}
	l.set(func(s *room.Settings) { s.Public = true })
	if _, got, _ = claimBob(t, l, "", nil, now); got.Since != l.head.VisibleFrom() {
		t.Errorf("where everybody may read: %+v", got.Since)
	}
}

func TestReclaim_ofTheLastAdmin_makesAnotherAgentAdmin(t *testing.T) {
	l := newRoom(t, "Bea", "Bob", "Cid")
	l.manage(room.Promote, 2)
	l.manage(room.Demote, 1)
	now := l.now.Add(25 * time.Hour)
	_, got, _ := claimBob(t, l, "", nil, now)
	if got.Gone == nil || got.Gone.Promoted != 1 {
		t.Errorf("got %+v", got.Gone)
	}
	l.apply(*got.Gone)
	bob := l.join("Bob").Seat
	l.markReplaced(bob)
	l.leave(1)
	if l.leave(3); l.agent(bob).Role == room.Admin {
		t.Error("who replaced the admin succeeded it")
	}
}

func TestClaim_fullRoom_namesTheIdleSeatsOfTheSamePrincipal(t *testing.T) {
	l := bobs(t)
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	for principal, want := range map[string][]string{"key:b": {"Bob"}, "key:c": nil, "": nil} {
		now := l.now.Add(3 * time.Minute)
		alive := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}, 2: {AtMs: l.now.UnixMilli(), Used: true}}
		_, err := (&room.Claim{Name: nameOf(t, "Dora"), Principal: principal, Presence: alive}).Decide(l.head, now)
		var full *fault.Error
		if !errors.As(err, &full) || full.Code != fault.RoomFull || !slices.Equal(full.Yours, want) {
			t.Errorf("%q: %+v", principal, full)
		}
	}
}
