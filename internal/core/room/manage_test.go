package room_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// TestOrder_decided_hasTheEffectOnce applies every order to Bob, and gives it again:
// then nothing is left to change.
func TestOrder_decided_hasTheEffectOnce(t *testing.T) {
	for action, before := range map[room.Action][]room.Action{
		room.Promote: nil, room.Demote: {room.Promote}, room.Mute: nil, room.Unmute: {room.Mute},
		room.BanName: nil, room.Unban: {room.BanName},
	} {
		l := newRoom(t, "Ann", "Bob")
		order := func(action room.Action) *room.Event {
			t.Helper()
			o := room.Order{Action: action, Name: nameOf(t, "bob"), Note: "so be it"}
			e, name, err := o.Decide(l.head, l.agent(1).Agent)
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
		e, name, err := room.Order{Action: action, Name: nameOf(t, "Bob")}.Decide(l.head, l.agent(1).Agent)
		if err != nil || name != "Bob" || e.Type != room.Left || e.Seat != 2 || e.Reason != want ||
			(e.Ban != nil) != (action == room.BanName) {
			t.Errorf("%s: %+v, %q, %v", action, e, name, err)
		}
	}
}

func TestOrder_whatAnAdminMustNotDo_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Promote, 3)
	full := *l.head
	for i := range room.MaxBans {
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
		{&full, room.Mute, "guest aa", fault.InvalidArgument},
		{&full, room.Unban, "guest aa", ""},
		{l.head, room.Mute, "Ann", fault.NotAllowed},
		{l.head, room.Kick, "Cid", ""}, // an admin, too
		{l.head, room.Demote, "Cid", ""},
		{l.head, room.Kick, "A n n", fault.InvalidArgument}, // nobody has that name
		{l.head, room.Demote, "Dora", fault.InvalidArgument},
		{l.head, room.Mute, "Dora", fault.InvalidArgument},
		{l.head, room.Unmute, "Dora", fault.InvalidArgument},
	} {
		_, _, err := room.Order{Action: x.action, Name: nameOf(t, x.name)}.Decide(x.h, l.agent(1).Agent)
		if fault.CodeOf(err) != x.want {
			t.Errorf("%s %s: %v, want %q", x.action, x.name, err, x.want)
		}
	}
}

// An order for what is so already needs no event.
func TestOrder_withoutEffect_isNoEvent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Promote, 2)
	l.manage(room.Mute, 3)
	l.ban(room.Event{Type: room.Managed, Name: "Eve", Action: room.BanName}, "Eve")
	for _, c := range []struct {
		action room.Action
		name   string
	}{
		{room.Promote, "Bob"}, {room.Promote, "Ann"}, {room.Demote, "Cid"}, {room.Mute, "Cid"}, {room.Unmute, "Bob"},
		{room.BanName, "Eve"}, {room.BanName, "e.v.e"}, {room.Unban, "Bob"}, {room.Unban, "Zoe"},
	} {
		if e, name, err := (room.Order{Action: c.action,
			Name: nameOf(t, c.name)}).Decide(l.head, l.agent(1).Agent); e != nil || err != nil || name != c.name {
			t.Errorf("%s %s: %+v, %q, %v", c.action, c.name, e, name, err)
		}
	}
}

func TestOrder_ban_ofANameThatIsTakenAndOneThatIsNot(t *testing.T) {
	for what, c := range map[string]struct {
		name string
		seat int // that is freed; 0: none is
	}{
		"of an agent":                   {"BOB", 2},
		"of one whose look is banned":   {"Cid", 3},
		"in a spelling that nobody has": {"B o b", 0},
		"of nobody":                     {"Mallory", 0},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.ban(room.Event{Type: room.Managed, Name: "C1d", Action: room.BanName}, "C1d")
		e, _, err := room.Order{Action: room.BanName, Name: nameOf(t, c.name)}.Decide(l.head, l.agent(1).Agent)
		if err != nil || e == nil || e.Seat != c.seat || e.Ban == nil || (e.Type == room.Left) != (c.seat != 0) ||
			(e.Type == room.Managed) != (c.seat == 0) {
			t.Errorf("%s: %+v, %v", what, e, err)
		}
	}
}

func TestOrder_check(t *testing.T) {
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
	l.manage(room.Mute, 2)
	l.leave(2)
	e, name, err := room.Order{Action: room.Unmute, Name: nameOf(t, "B-o-b")}.Decide(l.head, l.agent(1).Agent)
	if err != nil || name != "Bob" || e == nil || e.Seat != 0 || e.Ban.Key != "bob" {
		t.Errorf("%+v, %q, %v", e, name, err)
	}
}

func TestUpdate_decided_changesWhatDiffersOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	yes := true
	for what, x := range map[string]struct {
		update  room.Update
		taken   bool
		changed string // as the event carries it
		opens   bool   // newcomers see only what comes later
		want    func(*room.Settings)
		code    fault.Code
	}{
		"nothing new": {update: room.Update{Capacity: 10, Type: room.Group}},
		"description": {update: room.Update{Description: "tea"}, changed: `{"description":"tea"}`,
			want: func(s *room.Settings) { s.Description = "tea" }},
		"several": {update: room.Update{Name: nameOf(t, "den"), Capacity: 3, Type: room.Channel},
			changed: `{"room":"den","capacity":3,"type":"channel"}`, want: func(s *room.Settings) {
				s.Name, s.Key, s.Capacity, s.Type = "den", "den", 3, room.Channel
			}},
		"password": {update: room.Update{Password: "hash"}, changed: `{"password":"set"}`, opens: true,
			want: func(s *room.Settings) { s.Password = "hash" }},
		"public": {update: room.Update{Public: &yes}, changed: `{"public":true}`, opens: true,
			want: func(s *room.Settings) { s.Public = true }},
		"more seats": {update: room.Update{Capacity: 11}, changed: `{"capacity":11}`, opens: true,
			want: func(s *room.Settings) { s.Capacity = 11 }},
		"fewer seats": {update: room.Update{Capacity: 9}, changed: `{"capacity":9}`,
			want: func(s *room.Settings) { s.Capacity = 9 }},
		"fewer than seated": {update: room.Update{Capacity: 2}, code: fault.InvalidArgument},
		"name is taken":     {update: room.Update{Name: nameOf(t, "den")}, taken: true, code: fault.RoomExists},
		"other spelling": {update: room.Update{Name: nameOf(t, "PLANS")}, taken: true, changed: `{"room":"PLANS"}`,
			want: func(s *room.Settings) { s.Name = "PLANS" }},
		"password that goes": {update: room.Update{RemovePassword: true}},
		"group":              {update: room.Update{Type: room.Group}},
		"messages of agents": {update: room.Update{AgentMessages: new(3)}, changed: `{"agent_messages":3}`,
			want: func(s *room.Settings) { s.AgentMessages = 3 }},
		"as many as seated": {update: room.Update{Capacity: 3}, changed: `{"capacity":3}`,
			want: func(s *room.Settings) { s.Capacity = 3 }},
		"taken, other name": {update: room.Update{Description: "tea"}, taken: true, changed: `{"description":"tea"}`,
			want: func(s *room.Settings) { s.Description = "tea" }},
	} {
		e, err := x.update.Decide(l.head, x.taken, l.now)
		if fault.CodeOf(err) != x.code {
			t.Errorf("%s: %v", what, err)
		}
		if e == nil {
			if x.changed != "" {
				t.Errorf("%s: nothing changes", what)
			}
			continue
		}
		got, _ := json.Marshal(e.Changed)
		e.N = l.head.AsOf + 1
		after, err := l.head.State.Apply(*e)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != x.changed || (after.OpenFrom.N == e.N) != x.opens {
			t.Errorf("%s: %s, %+v", what, got, after.Settings)
		}
		want := l.head.Settings
		if x.want != nil {
			x.want(&want)
		}
		want.OpenFrom = after.OpenFrom
		if after.Settings != want {
			t.Errorf("%s: %+v, want %+v", what, after.Settings, want)
		}
	}
	was := room.Settings{Name: "plans", Key: "plans", Type: room.Channel, Capacity: 10, Password: "old", Public: true,
		Description: "tea"}
	h := *l.head
	h.Settings = was
	for what, c := range map[string]struct {
		update  room.Update
		changed string
		opens   bool
	}{
		"password removed":       {room.Update{RemovePassword: true}, `{"password":"removed"}`, true},
		"password changed":       {room.Update{Password: "hash"}, `{"password":"set"}`, true},
		"no longer public":       {room.Update{Public: new(false)}, `{"public":false}`, true},
		"no description":         {room.Update{NoDescription: true}, `{"description":""}`, false},
		"no channel":             {room.Update{Type: room.Group}, `{"type":"group"}`, false},
		"the same password hash": {room.Update{Password: "old"}, "", false},
	} {
		e, err := c.update.Decide(&h, false, l.now)
		if err != nil || (e == nil) != (c.changed == "") {
			t.Errorf("%s: %+v, %v", what, e, err)
		} else if e != nil {
			if got, _ := json.Marshal(e.Changed); string(got) != c.changed || (e.OpenFrom != nil) != c.opens {
				t.Errorf("%s: %s, newcomers see from %+v on", what, got, e.OpenFrom)
			}
		}
	}
	if e, err := (room.Update{Close: true}).Decide(l.head, false, l.now); err != nil || !e.ClosesRoom() {
		t.Errorf("close: %+v, %v", e, err)
	}
}

func TestUpdate_asOfAnEvent_isRefusedOnceTheSettingsHaveChanged(t *testing.T) {
	l := newRoom(t, "Ann")
	changed := l.set(func(s *room.Settings) { s.Description = "tea" })
	l.say(1, "a message changes no settings")
	for asOf, want := range map[int64]fault.Code{0: "", changed.N - 1: fault.InvalidArgument, changed.N: "",
		changed.N + 1: ""} {
		for _, u := range []room.Update{{Description: "cake", AsOf: asOf}, {Close: true, AsOf: asOf}} {
			if _, err := u.Decide(l.head, false, l.now); fault.CodeOf(err) != want {
				t.Errorf("as of event %d: %v", asOf, err)
			}
		}
	}
}

func TestUpdate_check(t *testing.T) {
	for what, c := range map[string]struct {
		update room.Update
		want   fault.Code
	}{
		"nothing":                  {room.Update{}, fault.InvalidArgument},
		"only an event":            {room.Update{AsOf: 3}, fault.InvalidArgument},
		"closes":                   {room.Update{Close: true}, ""},
		"closes and describes":     {room.Update{Close: true, Description: "bye"}, fault.InvalidArgument},
		"closes and is not public": {room.Update{Close: true, Public: new(false)}, fault.InvalidArgument},
		"two passwords":            {room.Update{Password: "x", RemovePassword: true}, fault.InvalidArgument},
		"two descriptions":         {room.Update{Description: "x", NoDescription: true}, fault.InvalidArgument},
		"capacity of one":          {room.Update{Capacity: 1}, fault.InvalidArgument},
		"an invite":                {room.Update{NewInvite: true}, ""},
		"messages of agents":       {room.Update{AgentMessages: new(0)}, ""},
		"a name":                   {room.Update{Name: nameOf(t, "den")}, ""},
		"a password":               {room.Update{Password: "x"}, ""},
		"no password":              {room.Update{RemovePassword: true}, ""},
		"a description":            {room.Update{Description: "x"}, ""},
		"no description":           {room.Update{NoDescription: true}, ""},
		"seats":                    {room.Update{Capacity: 5}, ""},
		"a type":                   {room.Update{Type: room.Channel}, ""},
		"an unknown type":          {room.Update{Type: "club"}, fault.InvalidArgument},
		"not public":               {room.Update{Public: new(false)}, ""},
	} {
		if err := c.update.Check(); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestCheckSpeak_muteChannelClosedOrAddresseeGone_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	speak := func(seat int, to ...int) fault.Code {
		return fault.CodeOf(l.head.CheckSpeak(l.agent(seat).Agent, to))
	}
	check := func(what string, got, want fault.Code) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("a member", speak(2, 1, 3), "")
	l.leave(3)
	check("to an agent that left", speak(2, 1, 3), fault.InvalidArgument)
	l.manage(room.Mute, 2)
	check("muted", speak(2), fault.NotAllowed)
	if err := l.head.CheckSpeak(l.agent(2).Agent, nil); !strings.Contains(err.Error(), "muted you") {
		t.Errorf("muted: %v", err)
	}
	l.manage(room.Unmute, 2)
	l.set(func(s *room.Settings) { s.Type = room.Channel })
	check("a member of a channel", speak(2), fault.NotAllowed)
	check("its admin", speak(1), "")
	l.apply(room.Event{Type: room.Changed, By: 1, Reason: room.ReasonClosed})
	check("in a closed room", speak(1), fault.RoomClosed)
}
