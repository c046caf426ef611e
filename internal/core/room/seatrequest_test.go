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

func TestDecide_freeSeat_isGivenWithoutPresence(t *testing.T) {
	l := newRoom(t, "Ann")
	got, err := (&room.SeatRequest{Name: nameOf(t, "Bob")}).Decide(l.head, l.now)
	if err != nil || got.Eviction != nil || got.Since != l.head.VisibleFrom() {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDecide_bannedName_isRefusedBeforeATakenOneAndAFullRoom(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	l.apply(room.Event{Type: room.Managed, Name: "Bob", By: ann, Action: room.BanName,
		Ban: &room.Ban{Name: "Bob", Key: "bob"}})
	silent := map[int]room.Presence{ann: {AtMs: l.now.Add(hour).UnixMilli(), Used: true}}
	for _, name := range []string{"B0b", "Bob"} {
		for _, p := range []map[int]room.Presence{nil, silent} {
			_, err := (&room.SeatRequest{Name: nameOf(t, name), Liveness: room.Liveness{Presence: p}}).Decide(l.head,
				l.now.Add(hour))
			if fault.CodeOf(err) != fault.NotAllowed || err.(*fault.Error).RetryAfter != 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The leases of three agents end at different times.
func TestDecide_fullRoom_takesTheSeatThatIsSilentLongest(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.set(func(s *room.Settings) { s.Capacity = 3 })
	called := func(ago time.Duration) room.Presence {
		return room.Presence{AtMs: l.now.Add(-ago).UnixMilli(), Used: true}
	}
	c := room.SeatRequest{Name: nameOf(t, "Dora"), Liveness: room.Liveness{Presence: map[int]room.Presence{
		ann: called(20 * time.Minute), bob: called(10 * time.Minute), cid: called(5 * time.Minute),
	}}}
	for _, x := range []struct {
		after time.Duration
		gone  int // 0: the room is full
		retry time.Duration
	}{
		{0, 0, 5 * time.Minute}, // Bob's lease ends first; Ann is an admin
		{5 * time.Minute, bob, 0},
		{11 * time.Minute, bob, 0}, // the lease of Cid has ended, too
		{24 * time.Hour, ann, 0},
	} {
		if x.after > time.Hour { // Cid has come back: if all are silent, the room begins anew
			c.Presence[3] = room.Presence{AtMs: l.now.Add(x.after).UnixMilli(), Used: true}
		}
		got, err := c.Decide(l.head, l.now.Add(x.after))
		var full *fault.Error
		switch {
		case x.gone == 0:
			if !errors.As(err, &full) || full.Code != fault.RoomFull || full.RetryAfter != x.retry {
				t.Errorf("after %s: %v, %+v", x.after, err, full)
			}
		case err != nil || got.Eviction == nil || got.Eviction.Seat != x.gone ||
			got.Eviction.Reason != room.ReasonTimeout || got.Since != l.head.FromNext(),
			got.Eviction.Promoted != map[int]int{ann: cid}[x.gone]: // Cid is present
			t.Errorf("after %s: %+v, %v; want seat %d", x.after, got.Eviction, err, x.gone)
		}
	}
	c.Presence[3] = called(5 * time.Minute)
	// A lease that was found later counts, too.
	c.LeaseEnds = map[int]time.Time{bob: l.now.Add(time.Hour)}
	if got, err := c.Decide(l.head, l.now.Add(11*time.Minute)); err != nil || got.Eviction.Seat != cid {
		t.Errorf("beside a seat that is alive: %+v, %v", got, err)
	}
}

func TestDecide_nameThatIsTakenInAFullRoom_isRefusedForTheName(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	alive := map[int]room.Presence{ann: {AtMs: l.now.UnixMilli(), Used: true},
		bob: {AtMs: l.now.UnixMilli(), Used: true}}
	for name, want := range map[string]fault.Code{"BOB": fault.NameTaken, "Cid": fault.RoomFull} {
		_, err := (&room.SeatRequest{Name: nameOf(t, name), Liveness: room.Liveness{Presence: alive}}).Decide(l.head,
			l.now)
		if fault.CodeOf(err) != want || !strings.Contains(err.Error(), "pass only your agent_token") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A newcomer in the seat of a silent agent does not see earlier words, unless history is open.
func TestDecide_seatOfASilentAgent_showsWhatANewcomerMaySee(t *testing.T) {
	for what, c := range map[string]struct {
		settings func(*room.Settings)
		open     bool
	}{
		"neither public nor a password": {func(*room.Settings) {}, false},
		"a password":                    {func(s *room.Settings) { s.Password = "hash" }, true},
		"public":                        {func(s *room.Settings) { s.Public = true }, true},
		"a password, given later": {func(s *room.Settings) {
			s.Password, s.OpenFrom = "hash", room.Mark{N: 4, Messages: 1}
		}, true},
	} {
		for _, name := range []string{"Bob", "Cid"} {
			l := newPair(t, "Ann", "Bob")
			l.say(ann, "between the two of us")
			l.set(c.settings)
			now := l.now.Add(room.Lease)
			p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true}}
			got, err := (&room.SeatRequest{Name: nameOf(t, name),
				Liveness: room.Liveness{Presence: p}}).Decide(l.head, now)
			want := l.head.FromNext()
			if c.open {
				want = l.head.VisibleFrom()
			}
			if err != nil || got.Eviction == nil || got.Eviction.Seat != bob || got.Since != want {
				t.Errorf("%s, %s: %+v, %v; want %+v", what, name, got, err, want)
			}
			l.apply(*got.Eviction)
			if from := l.head.VisibleFrom(); !c.open && from.N != l.head.LastFreed.N+1 {
				t.Errorf("%s: who comes next sees from %+v on", what, from)
			}
		}
	}
}

func TestDecide_withoutPresence_asksForIt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	for _, name := range []string{"Cid", "Bob"} {
		if _, err := (&room.SeatRequest{Name: nameOf(t, name)}).Decide(l.head, l.now); !errors.Is(err,
			room.ErrPresenceNeeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A newcomer begins a full room of two anew after fifteen minutes without a sign of life.
func TestAbandoned_aSignOfLife_keepsTheRoom(t *testing.T) {
	ago := func(l *timeline, d time.Duration) int64 { return l.now.Add(-d).UnixMilli() }
	const hour, lease = time.Hour, 15 * time.Minute
	for what, c := range map[string]struct {
		presence func(l *timeline) room.Presence // of Bob
		settings func(*room.Settings)
		want     bool
	}{
		"silent": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, lease), Used: true} },
			nil, true},
		"silent, unused": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, lease)} }, nil, true},
		"called": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, lease-1e9), Used: true}
		}, nil, false},
		"waits": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, hour), UntilMs: ago(l, -1e9)} },
			nil, false},
		"on standby": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, 1e9), OwnMs: ago(l, hour), Standby: true}
		}, nil, false},
		"is away": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), BackMs: ago(l, -hour)}
		}, nil, false},
		"was away": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), BackMs: ago(l, lease-1e9)}
		}, nil, false},
		"called by a hook": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), HookedMs: ago(l, 24*hour-1e9)}
		}, nil, false},
		"has a hook that is silent": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), HookedMs: ago(l, 24*hour)}
		}, nil, true},
		"silent, with password":  {nil, func(s *room.Settings) { s.Password = "hash" }, false},
		"silent, seat is free":   {nil, func(s *room.Settings) { s.Capacity = 3 }, false},
		"silent, known by names": {nil, func(s *room.Settings) { s.Public = true }, true},
	} {
		l := newPair(t, "Ann", "Bob")
		if c.settings != nil {
			l.set(c.settings)
		}
		l.apply(l.agent(bob).BeginHook("h", false))
		l.now = l.now.Add(2 * time.Hour)
		request := room.SeatRequest{Name: nameOf(t, "Eve"), Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
		if c.presence != nil {
			request.Presence[2] = c.presence(l)
		}
		if got := request.Abandoned(l.head, l.now); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
		if guest := (room.SeatRequest{Name: request.Name, Liveness: room.Liveness{Presence: request.Presence},
			Invite: 1}); guest.Abandoned(l.head, l.now) {
			t.Errorf("%s: a guest begins the room anew", what)
		}
		if _, err := request.Decide(l.head, l.now); errors.Is(err, room.ErrAbandoned) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// bobs returns a room of Ann and of Bob with the principal key:b.
func bobs(t *testing.T) *timeline {
	l := newRoom(t, "Ann", "Bob")
	a := l.agent(bob)
	a.Principal, a.Hash = "key:b", "old"
	l.apply(room.Event{Type: room.Joined, Seat: bob, Name: a.Name, Agent: &a.Agent, Regains: true})
	l.say(ann, "hello")
	return l
}

// presence is the last known presence of Bob, in time before the request; negative: after the request.
type presence struct {
	called, own, waits, back time.Duration
	used, standby            bool
	hook                     time.Duration // 0: no hook has shown a sign of life
	expired                  bool          // but for HookedMs
	unhooked                 bool          // the hook has ended
	webhook                  bool          // Bob's person has a webhook
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

// Outcomes of a request for the name of Bob.
const (
	refused  = "refused"
	regained = "regained"   // his seat
	takes    = "takes it"   // in place of Bob's seat, without his history
	anew     = "begun anew" // the room starts over
)

// claimBob requests the name of Bob, in seat 2, and returns the outcome.
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
	case got.Eviction == nil || got.Eviction.Seat != bob || got.Eviction.Reason != room.ReasonTimeout:
		l.Errorf("it frees %+v", got.Eviction)
	case got.Since != l.head.FromNext():
		l.Errorf("it sees from %+v on", got.Since)
	}
	return takes, got, nil
}

// The rows of the table over SeatRequest.Decide, but for the token.
//
// talk: the way back
func TestDecide_nameThatIsTaken_callerGetsWhatTheTableSays(t *testing.T) {
	const same, other, none = "key:b", "key:c", ""
	used := func(p presence) presence { p.used = true; return p }
	for what, c := range map[string]struct {
		who   string
		admin bool
		p     presence
		want  string
		retry time.Duration
	}{
		"the principal, soon": {who: same, p: used(presence{called: 119 * time.Second}), want: refused,
			retry: time.Second},
		"the principal": {who: same, p: used(presence{called: 2 * minute}), want: regained},
		"the principal, open wait": {who: same, p: used(presence{called: 5 * minute, waits: -minute}),
			want: refused, retry: 3 * minute},
		"the principal, wait ended": {who: same, p: used(presence{called: 5 * minute, waits: 2 * minute}),
			want: regained},
		"the principal, standby": {who: same,
			p: used(presence{called: time.Second, own: 2 * minute, waits: -hour, standby: true}), want: regained},
		"the principal, standby, soon": {who: same,
			p: used(presence{called: time.Second, own: minute, waits: -hour, standby: true}), want: refused,
			retry: minute},
		"the principal, away": {who: same, p: used(presence{called: 2 * minute, back: -hour}),
			want: regained},
		"the principal, unused, soon": {who: same, p: presence{called: 19 * time.Second}, want: refused,
			retry: time.Second},
		"the principal, unused": {who: same, p: presence{called: 20 * time.Second}, want: regained},
		"the principal, admin": {who: same, admin: true, p: used(presence{called: 2 * minute}),
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
		"the principal, hooked": {who: same, p: used(presence{called: 2 * minute, hook: minute}), want: regained},
		"lease of an admin, ended, hooked": {who: other, admin: true, p: used(presence{called: 25 * hour, hook: hour}),
			want: refused, retry: minute},
		"lease of an unused token": {who: none, p: presence{called: 5*minute - 1e9}, want: refused,
			retry: time.Second},
		"lease of an unused token, ended": {who: none, p: presence{called: 5 * minute}, want: takes},
		"lease of an admin": {who: none, admin: true, p: used(presence{called: 24*hour - 1e9}),
			want: refused, retry: time.Second},
		"lease of an admin, ended": {who: none, admin: true, p: used(presence{called: 24 * hour}), want: takes},
	} {
		l := bobs(t)
		if c.admin {
			l.manage(room.Promote, bob)
		}
		l.apply(l.agent(bob).BeginHook("h", false))
		if c.p.unhooked {
			l.apply(l.agent(bob).EndHook("h", room.ReasonUnhooked))
		}
		if c.p.webhook {
			l.apply(l.person(bob).BeginWebhook("w"))
		}
		now := l.now.Add(48 * hour)
		p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true}, bob: c.p.at(now)}
		got, _, err := claimBob(l, room.SeatRequest{Name: nameOf(t, "BOB"), Principal: c.who,
			Token: room.HashedToken{Hash: "new"}, Liveness: room.Liveness{Presence: p}}, now)
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
	p := map[int]room.Presence{bob: {AtMs: now.UnixMilli(), Used: true}}
	_, err := (&room.SeatRequest{Name: nameOf(t, "Bob"), Liveness: room.Liveness{Presence: p}}).Decide(l.head, now)
	if err == nil || !strings.Contains(err.Error(), "in 60 seconds") ||
		!strings.Contains(err.Error(), "if it stays silent, at 13:15 UTC on 1 March at the latest") {
		t.Error(err)
	}
}

func TestDecide_itsPrincipal_keepsEverythingButTheToken(t *testing.T) {
	l := bobs(t)
	l.manage(room.Promote, bob)
	l.behind(bob, func(p *room.Person) { p.Devices, p.Opened, p.Adds = []string{"phone"}, 2, true })
	old := l.agent(bob)
	now := l.now.Add(hour)
	_, got, _ := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"), Principal: "key:b",
		Token: room.HashedToken{Hash: "new"}, Liveness: room.Liveness{Presence: map[int]room.Presence{}}}, now)
	want := old.Agent
	want.Hash, want.AtMs = "new", now.UnixMilli()
	if got.Regained == nil || !reflect.DeepEqual(*got.Regained, want) || got.Eviction != nil {
		t.Errorf("got %+v, want %+v", got.Regained, want)
	}
}

// An endpoint has no agent that could lose a token: another agent of the principal would speak from the
// endpoint's seat.
func TestDecide_seatOfAnEndpoint_isNotRegained(t *testing.T) {
	l := bobs(t)
	l.endpoint(bob)
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	now := l.now.Add(hour)
	p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true},
		bob: {AtMs: l.now.UnixMilli(), Used: true, HookedMs: now.UnixMilli()}}
	for name, code := range map[string]fault.Code{"Bob": fault.NameTaken, "Dora": fault.RoomFull} {
		_, err := (&room.SeatRequest{Name: nameOf(t, name), Principal: "key:b", Token: room.HashedToken{Hash: "new"},
			Liveness: room.Liveness{Presence: p}}).Decide(l.head, now)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != code {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestDecide_nameOfTheLastAdmin_makesAnotherAgentAdmin(t *testing.T) {
	l := newRoom(t, "Bea", "Bob", "Cid")
	l.manage(room.Promote, bob)
	l.manage(room.Demote, 1)
	_, got, _ := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"),
		Liveness: room.Liveness{Presence: map[int]room.Presence{}}},
		l.now.Add(25*hour))
	if got.Eviction == nil || got.Eviction.Promoted != 1 {
		t.Errorf("got %+v", got.Eviction)
	}
}

// Many people may share a principal. So a person regains its seat by its token, or while the token is known to
// be unused, since the reply with the token may have been lost.
func TestDecide_seatOfAPersonAlone_isRegainedByItsUnusedPageAlone(t *testing.T) {
	const same, other = "key:p", "key:c"
	page, agent := room.HashedToken{Hash: "new", Person: true}, room.HashedToken{Hash: "new"}
	unused := &room.Presence{}
	used := &room.Presence{Used: true}
	for what, c := range map[string]struct {
		holder room.HashedToken
		who    string
		p      *room.Presence // nil: nothing is stored
		spoke  bool
		after  time.Duration
		want   string
	}{
		"Pam's page, whose reply was lost": {holder: page, who: same, p: unused, after: 20 * time.Second,
			want: regained},
		"Pam's page, soon": {holder: page, who: same, p: unused, after: 19 * time.Second,
			want: refused},
		"Pam's page, after use": {holder: page, who: same, p: used, after: 14 * minute, want: refused},
		"Pam's page, after a word": {holder: page, who: same, p: unused, spoke: true,
			after: 80 * time.Second, want: refused},
		"Pam's page, and nothing is stored": {holder: page, who: same, after: 80 * time.Second, want: refused},
		"a page with another key": {holder: page, who: other, p: unused, after: 20 * time.Second,
			want: refused},
		"an agent of the same key": {holder: agent, who: same, p: unused, after: 80 * time.Second,
			want: refused},
		"an agent, after use": {holder: agent, who: same, p: used, after: 14 * minute,
			want: refused},
		"an agent, after the lease":              {holder: agent, who: same, p: used, after: 15 * minute, want: takes},
		"Pam's page, after the lease":            {holder: page, who: same, p: used, after: 15 * minute, want: takes},
		"Pam's page, long after, nothing stored": {holder: page, who: same, after: hour, want: takes},
	} {
		l := newRoom(t, "Ann", "Pam")
		l.alone(2)
		if c.spoke {
			l.send(2, room.Event{Text: "I am Pam"}) // a call of Pam's page, whoever is behind the page
		}
		now := l.now.Add(c.after)
		p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true}}
		if c.p != nil {
			c.p.AtMs = l.now.UnixMilli()
			p[2] = *c.p
		}
		a := l.agent(2)
		a.AtMs = l.now.UnixMilli()
		l.apply(room.Event{Type: room.Joined, Seat: 2, Name: a.Name, Agent: &a.Agent, Regains: true})
		got, seating, err := claimBob(
			l,
			room.SeatRequest{Name: nameOf(t, "Pam"), Principal: c.who, Token: c.holder,
				Liveness: room.Liveness{Presence: p}},
			now,
		)
		if got != c.want {
			t.Errorf("%s: %s, want %s; %v", what, got, c.want, err)
		}
		if got == regained &&
			(!seating.Regained.IsPersonOnly() || !slices.Equal(seating.Regained.Person.Devices, []string{"new"})) {
			t.Errorf("%s: in the hands of %+v", what, seating.Regained)
		}
	}
}

// A person without an agent does not get the seat of its agent.
func TestDecide_personWithoutAnAgent_doesNotRegainAnAgentsSeat(t *testing.T) {
	for after, want := range map[time.Duration]string{room.RegainSilent: refused, room.Lease: takes} {
		l := bobs(t)
		now := l.now.Add(after)
		p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true}, bob: {AtMs: l.now.UnixMilli(), Used: true}}
		got, _, err := claimBob(
			l,
			room.SeatRequest{Name: nameOf(t, "Bob"), Principal: "key:b", Token: room.HashedToken{Person: true},
				Liveness: room.Liveness{Presence: p}},
			now,
		)
		if got != want {
			t.Errorf("after %s: %s, want %s; %v", after, got, want, err)
		}
	}
}

// A draft that the person sends is no sign of life of the agent.
func TestDecide_draftThatItsPersonSent_isNoCallOfTheAgent(t *testing.T) {
	l := bobs(t)
	d := l.draft(bob, room.Event{Text: "may I?"})
	last := l.now
	l.now = last.Add(room.RegainSilent - time.Second)
	l.decide(d, room.SendDraft, "")
	p := map[int]room.Presence{ann: {AtMs: l.now.UnixMilli(), Used: true}, bob: {AtMs: last.UnixMilli(), Used: true}}
	got, _, err := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"), Principal: "key:b",
		Liveness: room.Liveness{Presence: p}},
		last.Add(room.RegainSilent))
	if got != regained {
		t.Errorf("%s, %v", got, err)
	}
}

// A key, or a machine, is one person: a held agent must not speak from another seat. Bob has the principal
// key:b; the lease of Cid has ended.
func TestDecide_principalOfAHeldAgent_getsNoFurtherSeat(t *testing.T) {
	const same, other, none = "key:b", "key:c", ""
	for how, hold := range map[string]func(*room.Person){"paused": paused, "approved": approved,
		"approved in part": approvedInPart, "free": nil} {
		for what, c := range map[string]struct {
			name, who string
			person    bool
			want      fault.Code // while Bob is held
			free      fault.Code
		}{
			"another name":           {name: "Rob", who: same, want: fault.Paused},
			"another name, a person": {name: "Rob", who: same, person: true, want: fault.Paused},
			"the held agent's name":  {name: "Bob", who: same},
			"the held agent's name, as a person": {name: "Bob", who: same, person: true, want: fault.Paused,
				free: fault.NameTaken},
			"a name whose lease ended":                 {name: "Cid", who: same, want: fault.Paused},
			"another name, by another key":             {name: "Rob", who: other},
			"a name whose lease ended, by another key": {name: "Cid", who: other},
			"another name, without a key":              {name: "Rob", who: none},
		} {
			l := bobs(t)
			l.join("Cid")
			want := c.free
			if hold != nil {
				l.behind(bob, hold)
				want = c.want
			}
			now := l.now.Add(room.Lease)
			p := map[int]room.Presence{ann: {AtMs: now.UnixMilli(), Used: true}}
			p[bob] = room.Presence{AtMs: now.Add(-room.RegainSilent).UnixMilli(), Used: true}
			p[cid] = room.Presence{AtMs: l.agent(cid).AtMs, Used: true}
			got, err := (&room.SeatRequest{Name: nameOf(t, c.name), Principal: c.who,
				Token: room.HashedToken{Person: c.person}, Liveness: room.Liveness{Presence: p}}).Decide(
				l.head,
				now,
			)
			if fault.CodeOf(err) != want || err == nil && (got.Regained != nil) != (c.name == "Bob") {
				t.Errorf("%s, %s: %+v, %v", how, what, got, err)
			}
			if got.Regained != nil && !reflect.DeepEqual(got.Regained.Person, l.agent(bob).Person) {
				t.Errorf("%s, %s: its person has %+v", how, what, got.Regained.Person)
			}
		}
	}
}

// Bob is a silent endpoint, added by Ann's principal. The room is full.
func TestDecide_seatOfAnEndpoint_isFreeADayAfterTheLastSuccess(t *testing.T) {
	const last = time.Hour
	for what, c := range map[string]struct {
		after           time.Duration // the join of Bob
		name, principal string
		gone            int // the seat that changes hands; 0: none
	}{
		"the endpoint's name":                         {2 * time.Hour, "Bob", "", 0},
		"the endpoint's name, by the principal":       {2 * time.Hour, "Bob", "key:a", 0},
		"another name":                                {2 * time.Hour, "Dora", "", 0},
		"the endpoint's name, just before":            {last + room.HookLease - 1, "Bob", "key:a", 0},
		"the endpoint's name, then":                   {last + room.HookLease, "Bob", "", bob},
		"the endpoint's name, then, by the principal": {last + room.HookLease, "Bob", "key:a", bob},
		"another name, then":                          {last + room.HookLease, "Dora", "", bob},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.endpoint(bob)
		bobsAgent := l.agent(bob)
		bobsAgent.Principal, bobsAgent.Person.Approve = "key:a", true // approval of an endpoint keeps nobody out
		l.apply(room.Event{Type: room.Joined, Seat: bob, Name: "Bob", Agent: &bobsAgent.Agent, Regains: true})
		l.set(func(s *room.Settings) { s.Capacity = 3 })
		now := l.now.Add(c.after)
		waits := room.Presence{AtMs: now.UnixMilli(), Used: true}
		request := room.SeatRequest{Name: nameOf(t, c.name), Principal: c.principal,
			Liveness: room.Liveness{Presence: map[int]room.Presence{
				ann: waits, bob: {HookedMs: l.now.Add(last).UnixMilli()}, cid: waits}}}
		got, err := request.Decide(l.head, now)
		if c.gone == 0 && fault.CodeOf(err) != fault.NameTaken && fault.CodeOf(err) != fault.RoomFull {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if c.gone != 0 && (err != nil || got.Eviction == nil || got.Eviction.Seat != c.gone) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
