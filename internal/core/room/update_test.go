package room_test

import (
	"encoding/json"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestUpdate_decided_changesOnlyWhatDiffers(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	yes := true
	for what, x := range map[string]struct {
		update  room.Update
		taken   bool
		changed string // the changes in the event
		opens   bool   // newcomers see only later events
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
	l.say(ann, "a message changes no settings")
	for asOf, want := range map[int64]fault.Code{0: "", changed.N - 1: fault.InvalidArgument, changed.N: "",
		changed.N + 1: ""} {
		for _, u := range []room.Update{{Description: "cake", AsOf: asOf}, {Close: true, AsOf: asOf}} {
			if _, err := u.Decide(l.head, false, l.now); fault.CodeOf(err) != want {
				t.Errorf("as of event %d: %v", asOf, err)
			}
		}
	}
}

func TestUpdate_emptyOrContradictory_isRefused(t *testing.T) {
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
