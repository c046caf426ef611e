package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

func TestWokenBy_dependsOnAgentsAndForMe(t *testing.T) {
	cid := room.Agent{Seat: 3, Key: "cid"}
	said := func(e room.Event) room.Event {
		e.Type, e.Seat = room.Said, 1
		return e
	}
	for what, c := range map[string]struct {
		e          room.Event
		any, forMe bool // whether it wakes in a room of three
	}{
		"message":               {said(room.Event{Text: "hello"}), true, false},
		"private message":       {said(room.Event{Text: "hello", To: []int{3}}), true, true},
		"private to two":        {said(room.Event{Text: "hello", To: []int{2, 3}}), true, true},
		"reply to Cid":          {said(room.Event{Text: "yes", ReplyTo: 4, ReSeat: 3}), true, true},
		"reply to another":      {said(room.Event{Text: "yes", ReplyTo: 4, ReSeat: 2}), true, false},
		"request":               {said(room.Event{Text: "who?", Kind: room.Request}), true, true},
		"done":                  {said(room.Event{Text: "bye", Kind: room.Done}), true, false},
		"mention":               {said(room.Event{Text: "well, @cid: what now?"}), true, true},
		"status":                {said(room.Event{Text: "at work", Kind: room.Status}), false, false},
		"status with a mention": {said(room.Event{Text: "@Cid", Kind: room.Status}), false, false},
		"status as a reply":     {said(room.Event{Text: "done", Kind: room.Status, ReSeat: 3}), false, false},
		"private status":        {said(room.Event{Text: "done", Kind: room.Status, To: []int{3}}), false, false},
		"join":                  {room.Event{Type: room.Joined, Seat: 1}, false, false},
		"leave":                 {room.Event{Type: room.Left, Seat: 1}, false, false},
		"seat wanted":           {room.Event{Type: room.SeatWanted}, false, false},
		"settings changed":      {room.Event{Type: room.Changed, By: 1}, false, false},
		"room closed":           {room.Event{Type: room.Changed, By: 1, Reason: room.ReasonClosed}, true, true},
		"Cid promoted":          {room.Event{Type: room.Managed, By: 1, Seat: 3}, true, true},
		"another promoted":      {room.Event{Type: room.Managed, By: 1, Seat: 2}, false, false},
		"name banned, no seat":  {room.Event{Type: room.Managed, By: 1, Name: "Mallory"}, false, false},
	} {
		for _, agents := range []int{1, 2} {
			if !cid.WokenBy(c.e, agents, false) || !cid.WokenBy(c.e, agents, true) {
				t.Errorf("%s does not wake one of %d agents", what, agents)
			}
		}
		if got := cid.WokenBy(c.e, 3, false); got != c.any {
			t.Errorf("%s: %v", what, got)
		}
		if got := cid.WokenBy(c.e, 3, true); got != c.forMe {
			t.Errorf("%s, only for me: %v", what, got)
		}
	}
}

func TestWokenBy_mention_isTheWholeNameInAnySpelling(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"Cid", "@cid", true},
		{"Cid", "what now, @CID?", true},
		{"Cid", "it is @Cid's turn", true},
		{"Cid", "@Bob and @Cid", true},
		{"Cid", "@@cid", true},
		{"Cid", "(@cid)", true},
		{"Cid", "@cid-", true},
		{"Cid", "what does Cid say?", false},
		{"Cid", "@ cid", false},
		{"Cid", "@Cider, anyone? @cid2?", false},
		{"Cid", "@cid-two and @cid_3 know", false},
		{"Cid", "@cid\u0301", false},
		{"Cid", "@Bob?", false},
		{"Cid", "meet @ noon @", false},
		{"Cid", "@cider or @cid", true},
		{"Zo\u00eb", "@Zo\u00eb?", true},
		{"Zo\u00eb", "@Zoe\u0308?", true},
		{"Zo\u00eb", "@ZO\u00cb", true},
		{"Zo\u00eb", "\uff20\uff3ao\u00eb", true},
		{"Zo\u00eb", "\ufe6bzo\u00eb", true},
		{"Zo\u00eb", "@Zoe", false},
		{"\u0130nci", "ask @\u0130NC\u0049", true},
		{"\u039d\u03af\u03ba\u03bf\u03c2", "@\u039d\u03af\u03ba\u03bf\u03c2, please", true},
		{"Ann Marie", "and @ann marie?", true},
		{"Ann Marie", "and @ann?", false},
	} {
		n, err := ident.AgentName(c.name)
		if err != nil {
			t.Fatal(err)
		}
		e := room.Event{Type: room.Said, Seat: 1, Text: c.text}
		if got := (room.Agent{Seat: 3, Key: n.Key}).WokenBy(e, 3, true); got != c.want {
			t.Errorf("%q mentions %s: %v", c.text, c.name, got)
		}
	}
}
