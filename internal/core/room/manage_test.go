package room_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Every order about Bob is applied, and given again: then nothing is left to change.
func TestOrder_decided_hasTheEffectOnce(t *testing.T) {
	for action, before := range map[room.Action][]room.Action{
		room.Promote: nil, room.Demote: {room.Promote}, room.Mute: nil, room.Unmute: {room.Mute},
		room.BanName: nil, room.Unban: {room.BanName},
	} {
		l := newRoom(t, "Ann", "Bob")
		order := func(action room.Action) *room.Event {
			t.Helper()
			o := room.Order{Action: action, Name: nameOf(t, "bob"), Note: "so be it"}
			e, name, err := o.Decide(l.head, l.agent(ann).Agent)
			if err != nil || name == "" {
				t.Fatalf("%s: name %q, %v", action, name, err)
			}
			return e
		}
		for _, a := range append(before, action) {
			e := order(a)
			if e == nil || e.Note != "so be it" {
				t.Fatalf("%s after %v: %+v", a, before, e)
			}
			e.By, e.ByName = 1, "Ann"
			l.apply(*e)
		}
		if e := order(action); e != nil {
			t.Errorf("%s again: %+v", action, e)
		}
	}
}

func TestOrder_kickAndBan_freeTheSeatByReason(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for action, want := range map[room.Action]room.Reason{room.Kick: room.ReasonKicked,
		room.BanName: room.ReasonBanned} {
		e, name, err := room.Order{Action: action, Name: nameOf(t, "Bob")}.Decide(l.head, l.agent(ann).Agent)
		if err != nil || name != "Bob" || e.Type != room.Left || e.Seat != bob || e.Reason != want ||
			(e.Ban != nil) != (action == room.BanName) {
			t.Errorf("%s: %+v, %q, %v", action, e, name, err)
		}
	}
}

func TestOrder_whatAnAdminMustNotDo_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Promote, cid)
	full := *l.head
	for i := range core.MaxBans {
		b := room.NewBan(nameOf(t, fmt.Sprintf("guest %c%c", 'a'+i/26, 'a'+i%26)))
		full.Bans, full.Mutes = append(full.Bans, b), append(full.Mutes, b)
	}
	for _, x := range []struct {
		h      *room.Head
		action room.Action
		name   string
		want   fault.Code
	}{
		{l.head, room.Kick, "ANN", fault.NotAllowed},
		{l.head, room.BanName, "A n n", fault.NotAllowed},
		{l.head, room.Mute, "Cid", fault.NotAllowed},
		{l.head, room.Kick, "Dora", fault.InvalidArgument},
		{l.head, room.Promote, "Dora", fault.InvalidArgument},
		{l.head, room.BanName, "Dora", ""},
		{l.head, room.Unban, "Dora", ""},
		{&full, room.BanName, "Dora", fault.NotAllowed},
		{&full, room.BanName, "Bob", fault.NotAllowed},
		{&full, room.Mute, "Bob", fault.NotAllowed},
		{&full, room.BanName, "guest aa", ""},
		{&full, room.Mute, "guest aa", ""}, // muted before
		{&full, room.Unban, "guest aa", ""},
		{l.head, room.Mute, "Ann", fault.NotAllowed},
		{l.head, room.Kick, "Cid", ""}, // another admin
		{l.head, room.Demote, "Cid", ""},
		{l.head, room.Kick, "A n n", fault.InvalidArgument}, // no agent has the name
		{l.head, room.Demote, "Dora", fault.InvalidArgument},
		{l.head, room.Mute, "Dora", fault.InvalidArgument},
		{l.head, room.Unmute, "Dora", ""},
	} {
		_, _, err := room.Order{Action: x.action, Name: nameOf(t, x.name)}.Decide(x.h, l.agent(ann).Agent)
		if fault.CodeOf(err) != x.want {
			t.Errorf("%s %s: %v, want %q", x.action, x.name, err, x.want)
		}
	}
}

// An order without effect needs no event.
func TestOrder_withoutEffect_isNoEvent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	l.manage(room.Promote, bob)
	l.manage(room.Mute, cid)
	l.ban(room.Event{Type: room.Managed, Name: "Eve", Action: room.BanName}, "Eve")
	l.manage(room.Mute, 4)
	l.leave(4) // the mute stays with the name
	for _, c := range []struct {
		action room.Action
		name   string
	}{
		{room.Promote, "Bob"}, {room.Promote, "Ann"}, {room.Demote, "Cid"}, {room.Mute, "Cid"}, {room.Unmute, "Bob"},
		{room.BanName, "Eve"}, {room.BanName, "e.v.e"}, {room.Unban, "Bob"}, {room.Unban, "Zoe"},
		{room.Mute, "Dora"}, {room.Mute, "d.o.r.a"}, {room.Unmute, "Zoe"},
	} {
		if e, name, err := (room.Order{Action: c.action,
			Name: nameOf(t, c.name)}).Decide(l.head, l.agent(ann).Agent); e != nil || err != nil || name != c.name {
			t.Errorf("%s %s: %+v, %q, %v", c.action, c.name, e, name, err)
		}
	}
}

// A kick whose answer was lost counts as given: for a while, to the admin that gave it, until the agent comes back.
func TestOrder_kickOnceMore_isNoEventToWhoGaveIt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Promote, cid)
	kick := func(by int, since time.Time) (*room.Event, bool) {
		order := room.Order{Action: room.Kick, Name: nameOf(t, "bob"), Since: since}
		e, _, err := order.Decide(l.head, l.agent(by).Agent)
		return e, err != nil
	}
	first, _ := kick(ann, l.now)
	l.agent(ann).SignDecision(first)
	kicked := l.apply(*first).At()
	early := kicked.Add(-time.Second)
	refused := func(by int, since time.Time) bool { _, is := kick(by, since); return is }
	if refused(ann, early) || !refused(ann, kicked) || !refused(cid, early) {
		t.Error("it counts for another admin, too long, or not at all")
	}
	l.join("Bob")
	l.leave(l.head.NextSeat - 1)
	if !refused(ann, early) {
		t.Error("it counts for an agent that came back, and left")
	}
}

func TestOrder_ban_freesTheSeatOfTheName(t *testing.T) {
	for what, c := range map[string]struct {
		name string
		seat int // the freed seat; 0: none
	}{
		"the name of an agent":                        {"BOB", 2},
		"the name of an agent, a lookalike is banned": {"Cid", 3},
		"another spelling of an agent's name":         {"B o b", 0},
		"a name that nobody has":                      {"Mallory", 0},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.ban(room.Event{Type: room.Managed, Name: "C1d", Action: room.BanName}, "C1d")
		e, _, err := room.Order{Action: room.BanName, Name: nameOf(t, c.name)}.Decide(l.head, l.agent(ann).Agent)
		if err != nil || e == nil || e.Seat != c.seat || e.Ban == nil || (e.Type == room.Left) != (c.seat != 0) ||
			(e.Type == room.Managed) != (c.seat == 0) {
			t.Errorf("%s: %+v, %v", what, e, err)
		}
	}
}

func TestOrder_unknownActionOrNoteWithControls_isRefused(t *testing.T) {
	for what, c := range map[string]struct {
		order room.Order
		want  fault.Code
	}{
		"no action":          {room.Order{}, fault.InvalidArgument},
		"unknown action":     {room.Order{Action: "warn"}, fault.InvalidArgument},
		"with a note":        {room.Order{Action: room.Kick, Note: "too loud"}, ""},
		"note with controls": {room.Order{Action: room.Kick, Note: "a\nb"}, fault.InvalidArgument},
	} {
		if err := c.order.Check(); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOrder_nameThatNobodyHas_isUnmuted(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.manage(room.Mute, bob)
	l.leave(bob)
	e, name, err := room.Order{Action: room.Unmute, Name: nameOf(t, "B-o-b")}.Decide(l.head, l.agent(ann).Agent)
	if err != nil || name != "Bob" || e == nil || e.Seat != 0 || e.Ban.Key != "bob" {
		t.Errorf("%+v, %q, %v", e, name, err)
	}
}

func TestOrder_demoteTheOnlyAdmin_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	demote := func() fault.Code {
		annsAgent, _ := l.head.Seated(ann)
		order := room.Order{Action: room.Demote, Name: ident.Name{Shown: annsAgent.Name, Key: annsAgent.Key}}
		_, _, err := order.Decide(l.head, annsAgent)
		return fault.CodeOf(err)
	}
	for _, c := range []struct {
		action room.Action
		want   fault.Code
	}{{room.Mute, fault.NotAllowed}, {room.Promote, ""}, {room.Demote, fault.NotAllowed}} {
		l.manage(c.action, bob)
		if demote() != c.want {
			t.Errorf("after %s of the other: %q, want %q", c.action, demote(), c.want)
		}
	}
}
