package room_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

const minute, hour = time.Minute, time.Hour

// bobs returns a room of Ann and Bob, whose principal is key:b.
func bobs(t *testing.T) *timeline {
	l := newRoom(t, "Ann", "Bob")
	a := l.agent(2)
	a.Principal, a.Hash = "key:b", "old"
	l.apply(room.Event{Type: room.Joined, Seat: 2, Name: a.Name, Agent: &a.Agent, Regains: true})
	l.say(1, "hello")
	return l
}

// presence is what Bob was last known to do, in time before the claim; negative: after it.
type presence struct {
	called, own, waits, back time.Duration
	used, standby            bool
	hook                     time.Duration // 0: no hook has shown a sign of life
	expired                  bool          // but for what the hook has shown
	unhooked                 bool          // the hook has ended
	webhook                  bool          // and its person has a webhook
}

func (p presence) at(now time.Time) room.Presence {
	ms := func(ago time.Duration) int64 { return now.Add(-ago).UnixMilli() }
	out := room.Presence{AtMs: ms(p.called), OwnMs: ms(max(p.own, p.called)), Used: p.used, Standby: p.standby}
	if p.waits != 0 {
		out.UntilMs = ms(p.waits)
	}
	if p.back != 0 {
		out.BackMs = ms(p.back)
	}
	if p.expired {
		out = room.Presence{}
	}
	if p.hook != 0 {
		out.HookedMs = ms(p.hook)
	}
	return out
}

// Outcomes of a claim to the name of Bob.
const (
	refused  = "refused"
	regained = "regained"   // his seat
	takes    = "takes it"   // in its place, nothing is seen
	anew     = "begun anew" // the room is
)

// claimBob claims the name of Bob, in seat 2, and says what comes of it.
func claimBob(l *timeline, c room.SeatRequest, now time.Time) (string, room.Seating, error) {
	l.Helper()
	got, err := c.Decide(l.head, now)
	switch {
	case errors.Is(err, room.ErrAbandoned):
		return anew, got, nil
	case err != nil:
		return refused, got, err
	case got.Regained != nil:
		return regained, got, nil
	case got.Eviction == nil || got.Eviction.Seat != 2 || got.Eviction.Reason != room.ReasonTimeout:
		l.Errorf("it frees %+v", got.Eviction)
	case got.Since != l.head.FromNext():
		l.Errorf("it sees from %+v on", got.Since)
	}
	return takes, got, nil
}

// The rows of the table over SeatRequest.Decide, but for the token.
func TestDecide_nameThatIsTaken(t *testing.T) {
	const same, other, none = "key:b", "key:c", ""
	used := func(p presence) presence { p.used = true; return p }
	for what, c := range map[string]struct {
		who   string
		admin bool
		p     presence
		want  string
		retry time.Duration
	}{
		"its principal, soon": {who: same, p: used(presence{called: 119 * time.Second}), want: refused,
			retry: time.Second},
		"its principal": {who: same, p: used(presence{called: 2 * minute}), want: regained},
		"its principal, open wait": {who: same, p: used(presence{called: 5 * minute, waits: -minute}),
			want: refused, retry: 3 * minute},
		"its principal, wait ended": {who: same, p: used(presence{called: 5 * minute, waits: 2 * minute}),
			want: regained},
		"its principal, standby": {who: same,
			p: used(presence{called: time.Second, own: 2 * minute, waits: -hour, standby: true}), want: regained},
		"its principal, standby, soon": {who: same,
			p: used(presence{called: time.Second, own: minute, waits: -hour, standby: true}), want: refused,
			retry: minute},
		"its principal, away": {who: same, p: used(presence{called: 2 * minute, back: -hour}),
			want: regained},
		"its principal, unused, soon": {who: same, p: presence{called: 19 * time.Second}, want: refused,
			retry: time.Second},
		"its principal, unused": {who: same, p: presence{called: 20 * time.Second}, want: regained},
		"its principal, admin": {who: same, admin: true, p: used(presence{called: 2 * minute}),
			want: regained},
		"lease goes on": {who: other, p: used(presence{called: 2 * minute}), want: refused,
			retry: minute},
		"lease ends soon": {who: other, p: used(presence{called: 15*minute - 1e9}), want: refused,
			retry: time.Second},
		"lease ended": {who: other, p: used(presence{called: 15 * minute}), want: takes},
		"lease goes on, standby": {who: none,
			p: used(presence{called: time.Second, own: hour, waits: -hour, standby: true}), want: refused,
			retry: minute},
		"lease goes on, away": {who: none, p: used(presence{called: hour, back: 14 * minute}),
			want: refused, retry: minute},
		"lease ended, away": {who: none, p: used(presence{called: hour, back: 15 * minute}), want: takes},
		"lease ended, hooked": {who: other, p: used(presence{called: 23 * hour, hook: 24*hour - 1e9}), want: refused,
			retry: time.Second},
		"lease ended, hook silent": {who: other, p: used(presence{called: 23 * hour, hook: 24 * hour}), want: takes},
		"lease expired, hooked":    {who: other, p: presence{expired: true, hook: hour}, want: refused, retry: minute},
		"lease ended, hook ended": {who: other, p: used(presence{called: hour, hook: minute, unhooked: true}),
			want: takes},
		"lease ended, only a webhook left": {who: other,
			p: used(presence{called: hour, hook: minute, unhooked: true, webhook: true}), want: takes},
		"its principal, hooked": {who: same, p: used(presence{called: 2 * minute, hook: minute}), want: regained},
		"lease of an admin, ended, hooked": {who: other, admin: true, p: used(presence{called: 25 * hour, hook: hour}),
			want: refused, retry: minute},
		"lease of an unused token": {who: none, p: presence{called: 89 * time.Second}, want: refused,
			retry: time.Second},
		"lease of an unused token, ended": {who: none, p: presence{called: 90 * time.Second}, want: takes},
		"lease of an admin": {who: none, admin: true, p: used(presence{called: 24*hour - 1e9}),
			want: refused, retry: time.Second},
		"lease of an admin, ended": {who: none, admin: true, p: used(presence{called: 24 * hour}), want: takes},
	} {
		l := bobs(t)
		if c.admin {
			l.manage(room.Promote, 2)
		}
		l.apply(l.agent(2).BeginHook("h", false))
		if c.p.unhooked {
			l.apply(l.agent(2).EndHook("h", room.ReasonUnhooked))
		}
		if c.p.webhook {
			l.apply(l.agent(2).BeginWebhook("w"))
		}
		now := l.now.Add(48 * hour)
		p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}, 2: c.p.at(now)}
		got, _, err := claimBob(l, room.SeatRequest{Name: nameOf(t, "BOB"), Principal: c.who,
			Holder: room.Holder{Hash: "new"}, Presence: p}, now)
		var f *fault.Error
		if got != c.want || got == refused &&
			(!errors.As(err, &f) || f.Code != fault.NameTaken || f.RetryAfter != c.retry) {
			t.Errorf("%s: %s, want %s; %+v", what, got, c.want, f)
		}
	}
}

func TestDecide_nameThatIsTaken_theRefusalSaysWhenItIsFree(t *testing.T) {
	l := bobs(t)
	now := start().Add(hour)
	p := map[int]room.Presence{2: {AtMs: now.UnixMilli(), Used: true}}
	_, err := (&room.SeatRequest{Name: nameOf(t, "Bob"), Presence: p}).Decide(l.head, now)
	if err == nil || !strings.Contains(err.Error(), "in 60 seconds") ||
		!strings.Contains(err.Error(), "if it stays silent, at 13:15 UTC on 1 March at the latest") {
		t.Error(err)
	}
}

// The stories for which the table was made. Bob was last heard, or joined, at first; then
// somebody comes under his name.
func TestDecide_stories(t *testing.T) {
	const local, key, none = "local", "key:b", ""
	type visit struct {
		at   time.Duration
		who  string
		want string
	}
	for what, c := range map[string]struct {
		bob     string        // his principal
		guest   bool          // he came by an invite, and whoever comes does; it gives no more seats
		admin   bool          // he is one
		calls   time.Duration // he does so
		standby bool          // his program waits all the time
		silent  bool          // Ann is, too
		member  bool          // Ann is one
		admins  int           // the seat that becomes an admin's at the last visit
		room    func(*room.Settings)
		visits  []visit
	}{
		"a crash on a local server": {bob: local,
			visits: []visit{{119 * time.Second, local, refused}, {2 * minute, local, regained}}},
		"a crash with a key": {bob: key, visits: []visit{{minute, key, refused},
			{2 * minute, key, regained}}},
		"a crash that nobody helps": {visits: []visit{{2 * minute, none, refused},
			{14 * minute, none, refused}, {15 * minute, none, takes}}},
		"a crash as a guest, nobody helps": {guest: true,
			visits: []visit{{14 * minute, none, refused}, {15 * minute, none, takes}}},
		"two agents of one key": {bob: key, calls: 9 * minute,
			visits: []visit{{10 * minute, key, refused}, {11 * minute, key, regained}, {14 * minute, key, refused},
				{26 * minute, key, regained}}},
		"an admin that is the ghost of two": {admin: true, member: true, room: two, admins: 1,
			visits: []visit{{16 * minute, none, refused}, {24*hour - 1e9, none, refused}, {24 * hour, none, takes}}},
		"two ghosts": {silent: true, room: two,
			visits: []visit{{14 * minute, none, refused}, {15 * minute, none, anew}}},
		"two ghosts, and who comes has a key of neither": {bob: key, silent: true, room: two,
			visits: []visit{{2 * minute, "key:c", refused}, {15 * minute, "key:c", anew}}},
		"two ghosts, and who comes is one of them": {bob: key, silent: true, room: two,
			visits: []visit{{minute, key, refused}, {20 * minute, key, regained}}},
		"two ghosts, with a password": {silent: true,
			room:   func(s *room.Settings) { s.Capacity, s.Password = 2, "hash" },
			visits: []visit{{14 * minute, none, refused}}},
		"a stranger who types the name": {bob: key, calls: 10 * minute,
			visits: []visit{{minute, none, refused}, {12 * minute, "key:c", refused}, {24 * minute, local, refused}}},
		"an impostor after the lease": {bob: key, visits: []visit{{15 * minute, "key:c", takes}}},
		"one's own standby running": {bob: key, standby: true,
			visits: []visit{{hour, none, refused}, {hour, key, regained}}},
		"a typo, which is the name of another": {bob: key, visits: []visit{{minute, "key:c", refused}}},
	} {
		t.Run(what, func(t *testing.T) {
			l := newRoom(t, "Ann", "Bob")
			a, began := l.agent(2), l.now
			a.Principal, a.AtMs = c.bob, began.UnixMilli()
			if c.guest {
				a.Invite = 1
			}
			if c.admin {
				a.Role = room.Admin
			}
			l.apply(room.Event{Type: room.Joined, Seat: 2, Name: a.Name, Agent: &a.Agent, Regains: true})
			if c.member {
				l.manage(room.Demote, 1)
			}
			l.set(func(s *room.Settings) {
				s.Invite = (room.Invite{Number: 1})
				if c.room != nil {
					c.room(s)
				}
			})
			for i, v := range c.visits {
				now := began.Add(v.at)
				claim := room.SeatRequest{Name: nameOf(t, "Bob"), Principal: v.who, Holder: room.Holder{Hash: "new"},
					Presence: map[int]room.Presence{}}
				if c.guest {
					claim.Invite = 1
				}
				called := began
				if c.calls <= v.at {
					called = began.Add(c.calls)
				}
				claim.Presence[2] = room.Presence{AtMs: called.UnixMilli(), Used: true}
				if c.standby {
					claim.Presence[2] = room.Presence{AtMs: now.UnixMilli(), OwnMs: called.UnixMilli(),
						UntilMs: now.Add(minute).UnixMilli(), Used: true, Standby: true}
				}
				if !c.silent {
					claim.Presence[1] = room.Presence{AtMs: now.UnixMilli(), Used: true}
				}
				got, seating, err := claimBob(l, claim, now)
				if got != v.want {
					t.Fatalf("after %s: %s, want %s; %v", v.at, got, v.want, err)
				}
				if gone := seating.Eviction; gone != nil && i == len(c.visits)-1 && gone.Promoted != c.admins {
					t.Errorf("seat %d becomes an admin's, want %d", gone.Promoted, c.admins)
				}
				l.now = now
				if got == regained {
					l.apply(room.Event{Type: room.Joined, Seat: 2, Name: "Bob", Agent: seating.Regained, Regains: true})
				}
			}
		})
	}
}

// Somebody takes Bob's name once his lease has ended, and then he comes back: he is a newcomer
// as anyone is, whatever his key, until the impostor is silent for as long.
func TestDecide_impostorAfterTheLease_bobComesBack(t *testing.T) {
	l := bobs(t)
	claim := func(who string, last time.Time, after time.Duration) (room.Seating, error) {
		now := last.Add(after)
		p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}}
		for _, seat := range seats(&l.head.State)[1:] {
			p[seat] = room.Presence{AtMs: last.UnixMilli(), Used: true}
		}
		return (&room.SeatRequest{Name: nameOf(t, "Bob"), Principal: who, Holder: room.Holder{Hash: "new"},
			Presence: p}).Decide(l.head, now)
	}
	first, err := claim("key:c", l.now, room.Lease)
	if err != nil || first.Eviction == nil {
		t.Fatalf("the impostor gets %+v, %v", first, err)
	}
	l.now = l.now.Add(room.Lease)
	l.apply(*first.Eviction)
	l.join("Bob")
	a := l.agent(3)
	a.Principal = "key:c"
	l.apply(room.Event{Type: room.Joined, Seat: 3, Name: a.Name, Agent: &a.Agent, Regains: true})
	for after, want := range map[time.Duration]fault.Code{minute: fault.NameTaken, room.RegainSilent: fault.NameTaken,
		room.Lease - time.Second: fault.NameTaken, room.Lease: ""} {
		got, err := claim("key:b", l.now, after)
		if fault.CodeOf(err) != want || got.Regained != nil ||
			err == nil && (got.Eviction == nil || got.Eviction.Seat != 3 || got.Since != l.head.FromNext()) {
			t.Errorf("after %s, Bob gets %+v, %v", after, got, err)
		}
	}
}

func TestDecide_itsPrincipal_keepsEverythingButTheToken(t *testing.T) {
	l := bobs(t)
	l.manage(room.Promote, 2)
	l.behind(2, func(p *room.Person) { p.Devices, p.Opened, p.Adds = []string{"phone"}, 2, true })
	old := l.agent(2)
	now := l.now.Add(hour)
	_, got, _ := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"), Principal: "key:b",
		Holder: room.Holder{Hash: "new"}, Presence: map[int]room.Presence{}}, now)
	want := old.Agent
	want.Hash, want.AtMs, want.RegainedMs = "new", now.UnixMilli(), now.UnixMilli()
	if got.Regained == nil || !reflect.DeepEqual(*got.Regained, want) || got.Eviction != nil {
		t.Errorf("got %+v, want %+v", got.Regained, want)
	}
}

// An endpoint has no agent that could have lost its token: whoever else has its principal would speak from its seat.
func TestDecide_seatOfAnEndpoint_isNotRegained(t *testing.T) {
	l := bobs(t)
	l.endpoint(2)
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	now := l.now.Add(hour)
	p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true},
		2: {AtMs: l.now.UnixMilli(), Used: true, HookedMs: now.UnixMilli()}}
	for name, code := range map[string]fault.Code{"Bob": fault.NameTaken, "Dora": fault.RoomFull} {
		_, err := (&room.SeatRequest{Name: nameOf(t, name), Principal: "key:b", Holder: room.Holder{Hash: "new"},
			Presence: p}).Decide(l.head, now)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != code || f.Yours != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestDecide_nameOfTheLastAdmin_makesAnotherAgentAdmin(t *testing.T) {
	l := newRoom(t, "Bea", "Bob", "Cid")
	l.manage(room.Promote, 2)
	l.manage(room.Demote, 1)
	_, got, _ := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"), Presence: map[int]room.Presence{}},
		l.now.Add(25*hour))
	if got.Eviction == nil || got.Eviction.Promoted != 1 {
		t.Errorf("got %+v", got.Eviction)
	}
}

func TestClaim_fullRoom_namesTheIdleSeatsOfTheSamePrincipal(t *testing.T) {
	l := bobs(t)
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	for principal, want := range map[string][]string{"key:b": {"Bob"}, "key:c": nil, "": nil} {
		now := l.now.Add(3 * time.Minute)
		alive := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}, 2: {AtMs: l.now.UnixMilli(), Used: true}}
		_, err := (&room.SeatRequest{Name: nameOf(t, "Dora"), Principal: principal,
			Presence: alive}).Decide(l.head, now)
		var full *fault.Error
		if !errors.As(err, &full) || full.Code != fault.RoomFull || !slices.Equal(full.Yours, want) {
			t.Errorf("%q: %+v", principal, full)
		}
	}
}
