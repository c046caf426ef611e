package room_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

type presences = map[int]room.Presence

// Ann, the only admin, leaves or is silent. Bob, Cid and Dora came after her, an hour ago.
//
// talk: admins
func TestHeir_oldestSeatOfThoseThatArePresentAndMaySpeak_elseOfThoseThatMay_elseOfAll(t *testing.T) {
	channel := func(s *room.Settings) { s.Type = room.Channel }
	for what, c := range map[string]struct {
		then   func(l *timeline, p presences)
		heir   int // the seat that becomes admin as Ann leaves; 0: none
		beside int // that may become admin since Ann is silent
	}{
		"all are silent":              {func(*timeline, presences) {}, bob, 0},
		"all are silent, Bob is mute": {func(l *timeline, _ presences) { l.manage(room.Mute, bob) }, cid, 0},
		"Cid has called": {func(l *timeline, p presences) {
			p[cid] = room.Presence{AtMs: l.now.Add(-time.Minute).UnixMilli()}
		}, cid, cid},
		"Cid has spoken": {func(l *timeline, _ presences) { l.say(cid, "here") }, cid, cid},
		"Dora's program waits": {func(l *timeline, p presences) {
			p[dora] = room.Presence{UntilMs: l.now.Add(time.Minute).UnixMilli(), Standby: true}
		}, dora, dora},
		"Dora will be back": {func(l *timeline, p presences) {
			p[dora] = room.Presence{BackMs: l.now.Add(time.Minute).UnixMilli()}
		}, bob, 0},
		"Cid is here, and muted": {func(l *timeline, _ presences) {
			l.say(cid, "here")
			l.manage(room.Mute, cid)
		}, bob, 0},
		"all are muted, and Cid is here": {func(l *timeline, _ presences) {
			l.say(cid, "here")
			for _, seat := range []int{bob, cid, dora} {
				l.manage(room.Mute, seat)
			}
		}, bob, 0},
		"Bob is an endpoint, and called": {func(l *timeline, _ presences) {
			l.say(bob, "here")
			l.endpoint(bob)
		}, cid, 0},
		"all are endpoints": {func(l *timeline, _ presences) {
			for _, seat := range []int{bob, cid, dora} {
				l.endpoint(seat)
			}
		}, 0, 0},
		"readers of a channel are here": {func(l *timeline, _ presences) {
			l.say(bob, "here")
			l.set(channel)
		}, bob, 0},
		"Cid is admin, too": {func(l *timeline, _ presences) {
			l.manage(room.Promote, cid)
			l.say(dora, "here")
		}, 0, 0},
		"an older program made endpoint Bob an admin": {func(l *timeline, _ presences) {
			l.endpoint(bob)
			l.manage(room.Promote, bob)
			l.say(dora, "here")
		}, dora, dora},
		"an older program left endpoint Bob alone as admin of a channel": {func(l *timeline, _ presences) {
			l.endpoint(bob)
			l.manage(room.Promote, bob)
			l.manage(room.Demote, ann)
			l.set(channel)
		}, 0, ann},
	} {
		l, p := newRoom(t, "Ann", "Bob", "Cid", "Dora"), presences{}
		l.now = l.now.Add(25 * time.Hour)
		c.then(l, p)
		heard := room.Liveness{Presence: p}
		if got := heard.Heir(l.head, ann, l.now); got != c.heir {
			t.Errorf("%s: seat %d becomes admin, want %d", what, got, c.heir)
		}
		for seat := ann; seat <= dora; seat++ {
			got := heard.Succeed(l.head, seat, l.now)
			if (got != nil) != (seat == c.beside) || got != nil && (got.Seat != seat || got.Action != room.Promote ||
				got.Actor() != 0 || !l.head.MayLackAdmin(l.now)) {
				t.Errorf("%s: a call of seat %d brings %+v", what, seat, got)
			}
		}
	}
}

// Ann is admin, and made her last call a while ago. Bob is here.
func TestSucceed_adminsWereNotHeardForADay_inARoomForTwoForSixteenMinutes(t *testing.T) {
	newRole := func(l *timeline, _ presences) { l.manage(room.Promote, ann) }
	speaks := func(l *timeline, _ presences) { l.say(ann, "here") }
	waits := func(l *timeline, p presences) { p[ann] = room.Presence{UntilMs: l.now.UnixMilli() + 1} }
	standby := func(l *timeline, p presences) {
		p[ann] = room.Presence{UntilMs: l.now.UnixMilli() + 1, Standby: true}
	}
	back := func(l *timeline, p presences) { p[ann] = room.Presence{BackMs: l.now.UnixMilli()} }
	woken := func(l *timeline, p presences) {
		p[ann] = room.Presence{OwnMs: p[ann].AtMs, AtMs: l.now.Add(-time.Minute).UnixMilli(), Standby: true, Used: true}
	}
	hooked := func(l *timeline, p presences) {
		l.apply(l.agent(ann).BeginHook("h", false))
		p[ann] = room.Presence{AtMs: p[ann].AtMs, HookedMs: l.now.UnixMilli(), Used: true}
	}
	for what, c := range map[string]struct {
		ago  time.Duration
		then func(l *timeline, p presences)
		pair bool
		may  bool
	}{
		"for a day":                                  {ago: room.AdminSilent, may: true},
		"for less":                                   {ago: room.AdminSilent - 1e6},
		"of two, for sixteen minutes":                {ago: 16 * time.Minute, pair: true, may: true},
		"of two, for less":                           {ago: 16*time.Minute - 1e6, pair: true},
		"of three, for sixteen minutes":              {ago: 16 * time.Minute},
		"of two, but she has a later role":           {ago: time.Hour, pair: true, then: newRole},
		"for a day, but she has spoken":              {ago: room.AdminSilent, then: speaks},
		"for a day, but she waits":                   {ago: room.AdminSilent, then: waits},
		"for a day, but her program waits":           {ago: room.AdminSilent, may: true, then: standby},
		"for a day since she said she would be back": {ago: room.AdminSilent, then: back},
		"of two, but a program has just woken her":   {ago: time.Hour, pair: true, then: woken},
		"of two, but a hook wakes her":               {ago: time.Hour, pair: true, then: hooked},
		"of two, for a day, though a program waits":  {ago: room.AdminSilent, pair: true, may: true, then: standby},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		if c.pair {
			l.leave(cid)
			l.set(func(s *room.Settings) { s.Capacity = 2 })
		}
		l.now = l.now.Add(26 * time.Hour)
		p := presences{ann: {AtMs: l.now.Add(-c.ago).UnixMilli(), Used: true}, bob: {AtMs: l.now.UnixMilli()}}
		if c.then != nil {
			c.then(l, p)
		}
		if got := (room.Liveness{Presence: p}).Succeed(l.head, bob, l.now); (got != nil) != c.may {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// Whatever admins decide, and whoever goes: an agent that can call always has an admin beside it that may act, or may
// become one by its next call. So no room stays muted for ever.
//
// talk: admins
func TestSucceed_anyDecisions_leaveNobodyWithoutAnAdmin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		l.join("Agent 1")
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "pause")) * time.Hour)
			l.govern(t)
			admin, called := false, false
			for _, a := range l.head.Agents {
				admin = admin || a.Role == room.Admin && !a.IsEndpoint() && !l.head.Silenced(a)
				called = called || !a.IsEndpoint()
			}
			if called && !admin && !l.acts(nil) {
				t.Fatalf("no call makes one of %+v an admin", l.head.Agents)
			}
		}
		if len(l.head.Agents) == 0 || l.head.Type == room.Channel {
			return
		}
		l.now = l.now.Add(room.AdminSilent) // all admins are silent, and somebody comes
		l.join("Newcomer")
		if p := (presences{l.head.NextSeat - 1: {AtMs: l.now.UnixMilli()}}); !l.acts(p) {
			t.Fatalf("no call makes one of %+v an admin", l.head.Agents)
		}
	})
}

// acts reports whether a call of some seat makes its agent an admin.
func (l *timeline) acts(p presences) bool {
	for _, a := range l.head.Agents {
		if (room.Liveness{Presence: p}).Succeed(l.head, a.Seat, l.now) != nil {
			return true
		}
	}
	return false
}

// govern appends a random decision of an admin, or a join, a leave, or a lost seat.
func (l *timeline) govern(t *rapid.T) {
	what := rapid.SampledFrom([]string{"join", "endpoint", "leave", "evict", "type", "say", "order", "order", "order"}).
		Draw(t, "event")
	if len(l.head.Agents) == 0 {
		what = "join"
	}
	pick := func() room.Caller { return l.agent(rapid.SampledFrom(seats(&l.head.State)).Draw(t, "seat")) }
	heard := room.Liveness{Presence: presences{}}
	switch what {
	case "join", "endpoint":
		if len(l.head.Agents) == 0 && what == "endpoint" || len(l.head.Agents) > 5 {
			return
		}
		l.join("Agent " + string(rune('A'+l.head.NextSeat%26)))
		if what == "endpoint" {
			l.endpoint(l.head.NextSeat - 1)
		}
	case "leave":
		l.apply(heard.Leave(l.head, pick(), l.now))
	case "evict":
		l.apply(*heard.Evict(l.head, pick().Agent, l.now))
	case "type":
		l.set(func(s *room.Settings) {
			s.Type = rapid.SampledFrom([]room.Type{room.Group, room.Channel}).Draw(t, "type")
		})
	case "say":
		l.try(pick().Seat, room.Event{Text: "here"})
	case "order":
		by, agent := pick(), pick()
		if by.Role != room.Admin {
			return
		}
		order := room.Order{Name: ident.Name{Shown: agent.Name, Key: agent.Key},
			Action: rapid.SampledFrom([]room.Action{room.Promote, room.Demote, room.Mute, room.Mute, room.Unmute,
				room.Kick}).Draw(t, "action")}
		if event, _, err := order.Decide(l.head, by.Agent); err == nil && event != nil {
			by.SignDecision(event)
			l.apply(*event)
		}
	}
}
