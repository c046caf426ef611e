package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/room"
)

// The cases are what Cid, in seat 3, has not read. Cid answers event 4, to seat 1 in private.
func TestHoldOf_ofUnreadEvents_dependsOnWhomTheyAreFor(t *testing.T) {
	const never, once, softly, firmly = room.HoldsNever, room.HoldsOnce, room.HoldsSoftly, room.HoldsFirmly
	cid := room.Agent{Seat: 3, Joined: 3, Since: room.Mark{N: 3}}
	said := func(e room.Event) room.Event {
		e.N, e.Type, e.Seat = 9, room.Said, 1
		return e
	}
	for what, c := range map[string]struct {
		e        room.Event
		of7, of2 room.Hold // in a room of seven and of two; in one between them, what holds at all holds once or firmly
	}{
		"private":                    {said(room.Event{To: []int{3}}), firmly, firmly},
		"private done":               {said(room.Event{Kind: room.Done, To: []int{3}}), firmly, firmly},
		"asks Cid":                   {said(room.Event{Ask: []int{2, 3}}), firmly, firmly},
		"proposes to Cid":            {said(room.Event{Kind: room.Proposal, Ask: []int{3}}), firmly, firmly},
		"names Cid":                  {said(room.Event{Named: []int{3}}), firmly, firmly},
		"answers Cid":                {said(room.Event{ReplyTo: 5, ReSeat: 3}), firmly, firmly},
		"agrees with Cid":            {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: 3}), firmly, firmly},
		"withdraws what Cid answers": {said(room.Event{Withdraws: 4}), firmly, firmly},
		"withdraws what Cid owes":    {said(room.Event{Withdraws: 5, Named: []int{3}}), firmly, firmly},
		"withdraws something else":   {said(room.Event{Withdraws: 5}), softly, softly},
		"message":                    {said(room.Event{}), softly, softly},
		"message, by its kind":       {said(room.Event{Kind: room.Plain}), softly, softly},
		"open request":               {said(room.Event{Kind: room.Request}), softly, softly},
		"request to another":         {said(room.Event{Kind: room.Request, Ask: []int{2}}), never, softly},
		"asks another":               {said(room.Event{Ask: []int{2}}), never, softly},
		"proposes to another":        {said(room.Event{Kind: room.Proposal, Ask: []int{2}}), never, softly},
		"answers another":            {said(room.Event{ReplyTo: 5, ReSeat: 2}), never, softly},
		"agrees with another":        {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: 2}), never, softly},
		"objects to another":         {said(room.Event{Kind: room.Object, ReplyTo: 5, ReSeat: 2}), never, softly},
		"done":                       {said(room.Event{Kind: room.Done}), never, softly},
		"names another":              {said(room.Event{Named: []int{2}}), softly, softly},
		"status":                     {said(room.Event{Kind: room.Status}), never, never},
		"status for Cid":             {said(room.Event{Kind: room.Status, To: []int{3}}), never, never},
		"private to another":         {said(room.Event{To: []int{2}}), never, never},
		"one's own":                  {room.Event{N: 9, Type: room.Said, Seat: 3}, never, never},
		"from before Cid's time":     {room.Event{N: 2, Type: room.Said, Seat: 1, Ask: []int{3}}, never, never},
		"join of another":            {room.Event{N: 9, Type: room.Joined, Seat: 2}, never, never},
		"join of who is to read it":  {room.Event{N: 9, Type: room.Joined, Seat: 1}, firmly, firmly},
		"return of who is to read":   {room.Event{N: 9, Type: room.Joined, Seat: 1, Regains: true}, never, never},
		"departure":                  {room.Event{N: 9, Type: room.Left, Seat: 1}, never, never},
		"departure that completes":   {room.Event{N: 9, Type: room.Left, Seat: 1, Agreed: []int64{4}}, never, never},
		"role of Cid":                {room.Event{N: 9, Type: room.Managed, Seat: 3, By: 1}, never, never},
		"settings":                   {room.Event{N: 9, Type: room.Changed, By: 1}, never, never},
		"task that Cid is offered": {room.Event{N: 9, Type: room.TaskChanged, Seat: 1, Wakes: []int{3},
			Task: &room.TaskChange{Action: room.AddTasks, Add: []room.Task{{No: 1, For: []room.Party{cid.Party()}}}}},
			never, never},
		"knock": {room.Event{N: 9, Type: room.Knocked}, never, never},
	} {
		answer := room.Event{ReplyTo: 4, To: []int{1}}
		if got := cid.HoldOf(c.e, 7, answer); got != c.of7 {
			t.Errorf("%s: %d, want %d", what, got, c.of7)
		}
		report := answer
		if report.Finishes = []int64{1}; c.of2 == firmly {
			if got := cid.HoldOf(c.e, 3, report); got != firmly {
				t.Errorf("%s, of a report: %d", what, got)
			}
		} else if got := cid.HoldOf(c.e, 3, report); got != never {
			t.Errorf("%s, of a report: %d", what, got)
		}
		for agents, want := 3, c.of2; agents <= 6; agents++ {
			if want == softly {
				want = once
			}
			if got := cid.HoldOf(c.e, agents, answer); got != want {
				t.Errorf("%s, in a room of %d: %d, want %d", what, agents, got, want)
			}
		}
		if got := cid.HoldOf(c.e, 2, answer); got != c.of2 {
			t.Errorf("%s, in a room of two: %d, want %d", what, got, c.of2)
		}
	}
	if got := cid.HoldOf(said(room.Event{}), 7, room.Event{}); got != softly {
		t.Errorf("a message holds one that answers nothing: %d", got)
	}
}
