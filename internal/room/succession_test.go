package room_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// Ann is admin and was last heard a while ago. Bob, Cid and Dora came after her.
func TestSucceed_adminsAreSilent_longestSeatedPresentAgentActs(t *testing.T) {
	const minute, silent = time.Minute, 20 * time.Minute
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
		how(&a)
		l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a, Regains: true})
	}
	for what, c := range map[string]struct {
		before func(l *timeline) // the silence
		then   func(l *timeline, p presence)
		want   int // the seat; 0: none
	}{
		"all are present":         {want: 2},
		"silent for less":         {then: func(_ *timeline, p presence) { p[1] = heard(15*minute - 1e6) }},
		"silent for just so long": {then: func(_ *timeline, p presence) { p[1] = heard(15 * minute) }, want: 2},
		"she has spoken":          {then: func(l *timeline, _ presence) { l.say(1, "here") }},
		"she waits":               {then: func(_ *timeline, p presence) { p[1] = room.Presence{UntilMs: now.UnixMilli() + 1} }},
		"her program waits":       {then: func(_ *timeline, p presence) { p[1] = room.Presence{UntilMs: now.UnixMilli() + 1, Standby: true} }, want: 2},
		"she said she is away":    {then: func(_ *timeline, p presence) { p[1] = room.Presence{BackMs: now.UnixMilli() + 1} }},
		"she was away until then": {then: func(_ *timeline, p presence) { p[1] = room.Presence{BackMs: now.Add(-14 * minute).UnixMilli()} }},
		"nobody else is there":    {then: func(_ *timeline, p presence) { clear(p) }},
		"Bob is silent":           {then: func(_ *timeline, p presence) { p[2] = heard(2 * minute) }, want: 3},
		"Bob is away": {then: func(_ *timeline, p presence) {
			p[2] = room.Presence{AtMs: now.UnixMilli(), BackMs: now.UnixMilli() + 1}
		}, want: 3},
		"Bob is muted":               {then: func(l *timeline, _ presence) { l.manage(room.Mute, 2) }, want: 3},
		"Bob is under approval":      {before: func(l *timeline) { change(l, 2, func(a *room.Agent) { a.Person.Approve = true }) }, want: 3},
		"Bob took a name":            {before: func(l *timeline) { change(l, 2, func(a *room.Agent) { a.ReplacedMs = 1 }) }, want: 3},
		"Bob got his seat later":     {before: func(l *timeline) { change(l, 2, func(a *room.Agent) { a.AtMs = l.now.UnixMilli() }) }, want: 3},
		"Cid is admin, and present":  {before: func(l *timeline) { l.manage(room.Promote, 3) }},
		"Dora is admin since lately": {then: func(l *timeline, p presence) { l.manage(room.Promote, 4); delete(p, 4) }},
		"the room is a channel":      {then: func(l *timeline, _ presence) { l.set(func(s *room.Settings) { s.Type = room.Channel }) }},
		"presence is not known":      {then: func(_ *timeline, p presence) { p[0] = room.Presence{} }},
		"without any admin": {before: func(l *timeline) {
			change(l, 1, func(a *room.Agent) { a.Role = room.Member })
		}, want: 2},
		"by a vouch, long ago": {before: func(l *timeline) {
			change(l, 1, func(a *room.Agent) { a.Role, a.EndedHash = room.Member, "old" })
		}, want: 2},
		"by a vouch, now": {then: func(l *timeline, _ presence) {
			change(l, 1, func(a *room.Agent) { a.Role, a.EndedHash, a.AtMs = room.Member, "old", now.UnixMilli() })
		}},
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
		claim := room.Claim{Presence: p}
		if _, unread := p[0]; unread {
			claim.Presence = nil
		}
		got := claim.Succeed(l.head, now)
		if got == nil && c.want != 0 || got != nil && (got.Seat != c.want || got.Action != room.Promote || got.Actor() != 0) {
			t.Errorf("%s: %+v, want seat %d", what, got, c.want)
		}
		if got != nil && !l.head.MayLackAdmin(now) {
			t.Errorf("%s: the head does not show it", what)
		}
	}
}

// acting is a room in which Bob is admin because Ann, who made it, was silent.
func acting(t *testing.T) *timeline {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.apply(room.Event{Type: room.Managed, Seat: 2, Name: "Bob", Action: room.Promote, Reason: room.ReasonTimeout})
	return l
}

func TestActing_decidesNothingAboutWhoWasChosen(t *testing.T) {
	order := func(action room.Action, name string) func(l *timeline, by int) error {
		return func(l *timeline, by int) error {
			_, _, err := room.Order{Action: action, Name: nameOf(t, name)}.Decide(l.head, l.agent(by))
			return err
		}
	}
	update := func(u room.Update) func(l *timeline, by int) error {
		return func(l *timeline, by int) error { return u.CheckActing(&l.head.State, l.agent(by)) }
	}
	vouch := func(l *timeline, by int) error {
		k := l.knock(3)
		_, _, err := room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}.Decide(l.head, l.agent(by), l.now)
		return err
	}
	for what, c := range map[string]struct {
		call func(l *timeline, by int) error
		may  bool
	}{
		"kick her":                   {order(room.Kick, "Ann"), false},
		"ban her":                    {order(room.BanName, "Ann"), false},
		"ban a spelling of her name": {order(room.BanName, "4nn"), false},
		"demote her":                 {order(room.Demote, "Ann"), false},
		"trust an impostor":          {order(room.Readmit, "Cid"), false},
		"vouch":                      {vouch, false},
		"close the room":             {update(room.Update{Close: true}), false},
		"kick a member":              {order(room.Kick, "Cid"), true},
		"ban a member":               {order(room.BanName, "Cid"), true},
		"promote a member":           {order(room.Promote, "Cid"), true},
		"rename the room":            {update(room.Update{Name: nameOf(t, "theirs")}), false},
		"lock her out":               {update(room.Update{Password: "hash"}), false},
		"let everybody in":           {update(room.Update{RemovePassword: true}), false},
		"list the room":              {update(room.Update{Public: new(bool)}), false},
		"turn her guests away":       {update(room.Update{NewInvite: true}), false},
		"lift the limit on agents":   {update(room.Update{AgentMessages: new(int)}), false},
		"take seats away":            {update(room.Update{Capacity: 4}), false},
		"make room":                  {update(room.Update{Capacity: room.MaxCapacity}), true},
		"say what it is for":         {update(room.Update{Description: "talk"}), true},
	} {
		for who, x := range map[string]struct {
			happen func(l *timeline)
			by     int
			may    bool
		}{
			"acting":                      {nil, 2, c.may},
			"made admin by an acting one": {func(l *timeline) { l.apply(promotion(4, 2)) }, 4, c.may},
			"chosen":                      {func(l *timeline) { l.apply(promotion(4, 1)) }, 4, true},
			"chosen later":                {func(l *timeline) { l.manage(room.Demote, 2); l.apply(promotion(2, 1)) }, 2, true},
		} {
			l := acting(t)
			if x.happen != nil {
				x.happen(l)
			}
			if err := c.call(l, x.by); (err == nil) != x.may || err != nil && fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s, %s: %v", who, what, err)
			}
		}
	}
}

// promotion is the event by which an admin makes another.
func promotion(seat, by int) room.Event {
	return room.Event{Type: room.Managed, Seat: seat, By: by, Action: room.Promote}
}

func TestActing_whoWasChosenIsGone_isAdminLikeAnyOther(t *testing.T) {
	l := acting(t)
	if l.leave(1).Promoted != 0 {
		t.Error("another agent becomes admin")
	}
	if l.head.IsActing(l.agent(2)) || !l.head.MayReadmit(2) {
		t.Errorf("%+v", l.agent(2))
	}
}

// In a room of two the other one may vouch, acting or not, but never for a role.
func TestActing_ofTwo_vouchesForNoRole(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	l.apply(room.Event{Type: room.Managed, Seat: 2, Name: "Bob", Action: room.Promote, Reason: room.ReasonTimeout})
	k := l.knock(1)
	e, _, err := room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}.Decide(l.head, l.agent(2), l.now)
	if err != nil {
		t.Fatal(err)
	}
	e.By = 2
	l.apply(*e)
	pending, _ := l.head.PendingKnock(1, "pending", l.now)
	back, err := pending.Readmission(l.head, k.At(), l.now)
	if err != nil || back.Agent.Role != room.Member {
		t.Errorf("Ann gets %+v, %v", back, err)
	}
}
