package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// Ann is admin and was last heard a while ago. Bob, Cid and Dora came after her.
func TestSucceed_adminsAreSilent_longestSeatedPresentAgentBecomesAdmin(t *testing.T) {
	const minute, silent, day = time.Minute, 25 * time.Hour, 24 * time.Hour
	type presence = map[int]room.Presence
	var now time.Time
	heard := func(ago time.Duration) room.Presence {
		return room.Presence{AtMs: now.Add(-ago).UnixMilli(), Used: true}
	}
	all := func() presence {
		return presence{1: heard(silent), 2: heard(minute), 3: heard(minute), 4: heard(minute)}
	}
	change := func(l *timeline, seat int, how func(*room.Agent)) {
		a := l.agent(seat)
		how(&a.Agent)
		l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a.Agent, Regains: true})
	}
	for what, c := range map[string]struct {
		before func(l *timeline) // the silence
		then   func(l *timeline, p presence)
		want   int // the seat; 0: none
	}{
		"all are present":                {want: bob},
		"Ann is silent for less":         {then: func(_ *timeline, p presence) { p[ann] = heard(day - 1e6) }},
		"Ann is silent for just so long": {then: func(_ *timeline, p presence) { p[ann] = heard(day) }, want: bob},
		"Ann has spoken":                 {then: func(l *timeline, _ presence) { l.say(ann, "here") }},
		"Ann waits": {then: func(_ *timeline, p presence) {
			p[ann] = room.Presence{UntilMs: now.UnixMilli() + 1}
		}},
		"Ann's program waits": {then: func(_ *timeline, p presence) {
			p[ann] = room.Presence{UntilMs: now.UnixMilli() + 1, Standby: true}
		}, want: bob},
		"Ann is away": {then: func(_ *timeline, p presence) {
			p[ann] = room.Presence{BackMs: now.UnixMilli() + 1}
		}},
		"Ann was away until then": {then: func(_ *timeline, p presence) {
			p[ann] = room.Presence{BackMs: now.Add(-23 * time.Hour).UnixMilli()}
		}},
		"nobody else is present": {then: func(_ *timeline, p presence) { clear(p) }},
		"Bob is silent":          {then: func(_ *timeline, p presence) { p[bob] = heard(2 * minute) }, want: cid},
		"only Dora's program waits": {then: func(_ *timeline, p presence) {
			clear(p)
			p[dora] = room.Presence{UntilMs: now.Add(minute).UnixMilli(), Standby: true}
		}, want: dora},
		"Bob is muted":       {then: func(l *timeline, _ presence) { l.manage(room.Mute, bob) }, want: cid},
		"Bob is an endpoint": {then: func(l *timeline, _ presence) { l.endpoint(bob) }, want: cid},
		"Bob is under approval": {before: func(l *timeline) {
			change(l, bob, func(a *room.Agent) { a.Person.Approve = true })
		}, want: cid},
		"Cid is admin, and present": {before: func(l *timeline) { l.manage(room.Promote, cid) }},
		"Dora is admin since lately": {then: func(l *timeline,
			p presence) {
			l.manage(room.Promote, dora)
			delete(p, dora)
		}},
		"the room is a channel": {then: func(l *timeline, _ presence) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}},
		"without any admin": {before: func(l *timeline) {
			change(l, ann, func(a *room.Agent) { a.Role = room.Member })
		}, want: bob},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		if c.before != nil {
			c.before(l)
		}
		l.now = l.now.Add(silent)
		now = l.now
		p := all()
		if c.then != nil {
			c.then(l, p)
		}
		heard := room.Liveness{Presence: p}
		got := heard.Succeed(l.head, now)
		if got == nil && c.want != 0 || got != nil &&
			(got.Seat != c.want || got.Action != room.Promote || got.Actor() != 0) {
			t.Errorf("%s: %+v, want seat %d", what, got, c.want)
		}
		if got != nil && !l.head.MayLackAdmin(now) {
			t.Errorf("%s: the head does not show it", what)
		}
	}
}

// Ann, the only admin, leaves. Bob, Cid and Dora came after her, an hour ago.
func TestHeir_adminLeaves_isTheLongestSeatedPresentBeforeAbsent(t *testing.T) {
	type presence = map[int]room.Presence
	for what, c := range map[string]struct {
		then func(l *timeline, p presence)
		want int // the seat; 0: none
	}{
		"all are silent": {func(*timeline, presence) {}, bob},
		"all are silent in a channel": {func(l *timeline, _ presence) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, bob},
		"all are silent, and none can call": {func(l *timeline, _ presence) {
			l.manage(room.Mute, bob)
			l.manage(room.Mute, cid)
			l.endpoint(dora)
		}, bob},
		"all are silent, and Bob is muted": {func(l *timeline, _ presence) { l.manage(room.Mute, bob) }, cid},
		"Cid has called": {func(l *timeline, p presence) {
			p[cid] = room.Presence{AtMs: l.now.Add(-time.Minute).UnixMilli()}
		}, cid},
		"Cid has spoken": {func(l *timeline, _ presence) { l.say(cid, "here") }, cid},
		"Dora waits": {func(l *timeline, p presence) {
			p[dora] = room.Presence{UntilMs: l.now.Add(time.Minute).UnixMilli()}
		}, dora},
		"Dora's program waits": {func(l *timeline, p presence) {
			p[dora] = room.Presence{UntilMs: l.now.Add(time.Minute).UnixMilli(), Standby: true}
		}, dora},
		"Dora is away until later": {func(l *timeline, p presence) {
			p[dora] = room.Presence{BackMs: l.now.Add(time.Minute).UnixMilli()}
		}, bob},
		"Cid is here, and an endpoint": {func(l *timeline, _ presence) { l.say(cid, "here"); l.endpoint(cid) }, bob},
		"Cid is here, and muted": {func(l *timeline,
			_ presence) {
			l.say(cid, "here")
			l.manage(room.Mute, cid)
		}, bob},
		"Cid is here, and paused": {func(l *timeline, _ presence) {
			l.say(cid, "here")
			l.pause(cid)
			l.say(dora, "here")
		}, dora},
		"Cid is admin, too": {func(l *timeline, _ presence) { l.manage(room.Promote, cid); l.say(dora, "here") }, 0},
	} {
		l, p := newRoom(t, "Ann", "Bob", "Cid", "Dora"), presence{}
		l.now = l.now.Add(time.Hour)
		c.then(l, p)
		heard := room.Liveness{Presence: p}
		if got := heard.Heir(l.head, ann, l.now); got != c.want {
			t.Errorf("%s: seat %d, want %d", what, got, c.want)
		}
	}
}

// Ann is admin of two, and made her last call 16 minutes ago. Bob wants to kick her.
func TestRelievedFrom_leaseAsAMemberAndAMinuteAreOver(t *testing.T) {
	const last = -16 * time.Minute
	for what, c := range map[string]struct {
		then func(l *timeline, p *room.Presence, now time.Time)
		may  bool
	}{
		"Ann is silent": {func(*timeline, *room.Presence, time.Time) {}, true},
		"Ann is silent for less": {func(_ *timeline, p *room.Presence, now time.Time) {
			p.AtMs = now.Add(last).UnixMilli() + 1
		}, false},
		"Ann has never called": {func(l *timeline, p *room.Presence, now time.Time) {
			l.head.Agents[0].AtMs = now.Add(last).UnixMilli()
			*p = room.Presence{AtMs: now.Add(last).UnixMilli()}
		}, true},
		"Ann made the room, and has not called since": {func(l *timeline, p *room.Presence, now time.Time) {
			l.head.Agents[0].AtMs = now.Add(last).UnixMilli() + 1
			*p = room.Presence{AtMs: now.Add(last).UnixMilli() + 1}
		}, false},
		"Ann spoke": {func(l *timeline, _ *room.Presence, _ time.Time) { l.say(ann, "here") }, false},
		"Ann waits": {func(_ *timeline, p *room.Presence, now time.Time) { p.UntilMs = now.UnixMilli() }, false},
		"Ann is on standby": {func(_ *timeline, p *room.Presence, now time.Time) {
			p.OwnMs, p.AtMs, p.Standby = p.AtMs, now.UnixMilli(), true
		}, false},
		"Ann is away": {func(_ *timeline, p *room.Presence, now time.Time) { p.BackMs = now.UnixMilli() }, false},
		"Ann is an endpoint that answers": {func(l *timeline, p *room.Presence, now time.Time) {
			l.endpoint(ann)
			p.HookedMs = now.UnixMilli()
		}, false},
		"Bob is muted": {func(l *timeline, _ *room.Presence, _ time.Time) { l.manage(room.Mute, bob) }, false},
		"a channel": {func(l *timeline, _ *room.Presence, _ time.Time) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, false},
		"a third seat": {func(l *timeline, _ *room.Presence, _ time.Time) {
			l.set(func(s *room.Settings) { s.Capacity = 3 })
		}, false},
		"Ann is no admin": {func(l *timeline, _ *room.Presence, _ time.Time) {
			l.manage(room.Promote, bob)
			l.manage(room.Demote, ann)
		}, false},
	} {
		l := newRoom(t, "Ann", "Bob")
		l.set(func(s *room.Settings) { s.Capacity = 2 })
		l.now = l.now.Add(time.Hour)
		p := room.Presence{AtMs: l.now.Add(last).UnixMilli(), Used: true}
		c.then(l, &p, l.now)
		heard := room.Liveness{Presence: map[int]room.Presence{ann: p}}
		from, may := heard.RelievedFrom(l.head, l.agent(bob).Agent, l.agent(ann).Agent)
		if (may && !from.After(l.now)) != c.may {
			t.Errorf("%s: %t, from %s on", what, may, from)
		}
		if _, may := heard.RelievedFrom(l.head, l.agent(ann).Agent, l.agent(ann).Agent); may {
			t.Errorf("%s: she may kick herself", what)
		}
	}
}

// An endpoint as admin blocks no room. Ann is admin, and an hour ago Bob, Cid and Dora joined.
func TestEndpoint_besideAnotherAgent_runsNoRoom(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.endpoint(bob)
	l.now = l.now.Add(time.Hour)
	l.say(bob, "here")
	heard := room.Liveness{Presence: map[int]room.Presence{}}
	if got := heard.Heir(l.head, ann, l.now); got != 3 {
		t.Errorf("after Ann seat %d runs the room, though Cid could", got)
	}
	l.manage(room.Promote, bob)
	if got := l.leave(ann).Promoted; got != 3 {
		t.Errorf("beside Bob, who is admin, seat %d runs the room", got)
	}
	l.manage(room.Demote, cid)
	l.say(dora, "here")
	if got := heard.Succeed(l.head, l.now); got == nil || got.Seat != dora {
		t.Errorf("beside Bob alone %+v runs the room", got)
	}
	l.leave(cid)
	l.manage(room.Demote, bob)
	l.manage(room.Promote, dora)
	if got := l.leave(dora).Promoted; got != 2 {
		t.Errorf("alone in the room, seat %d runs it", got)
	}
}
