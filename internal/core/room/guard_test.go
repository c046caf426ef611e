package room_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// The cases are what Cid, in seat 3, has not read (talk: held once).
func TestIsHeldBy_unreadEvent_holdsBackWhatItMayChange(t *testing.T) {
	cidsAgent := room.Caller{Agent: room.Agent{Seat: cid, Joined: 3, Since: room.Mark{N: 3}}}
	acts := map[string]room.Act{"any": {ByAny: true}, "private": {To: []int{ann}}, "vote": {ReplyTo: 4},
		"report": {Finishes: []int64{1}}}
	all := []string{"any", "private", "vote", "report"}
	said := func(e room.Event) room.Event {
		e.N, e.Type = 9, room.Said
		e.Seat = max(e.Seat, ann)
		return e
	}
	for what, c := range map[string]struct {
		e     room.Event
		holds []string
	}{
		"private":                  {said(room.Event{To: []int{cid}}), all},
		"asks Cid":                 {said(room.Event{Ask: []int{bob, cid}}), all},
		"names Cid":                {said(room.Event{Named: []int{cid}}), all},
		"answers Cid":              {said(room.Event{ReplyTo: 5, ReSeat: cid}), all},
		"objects to Cid":           {said(room.Event{Kind: room.Object, ReplyTo: 5, ReSeat: cid}), all},
		"words of its user":        {said(room.Event{Seat: cid, Person: true}), all},
		"status of its user":       {said(room.Event{Seat: cid, Kind: room.Status, Person: true}), all},
		"vote of its user":         {said(room.Event{Seat: cid, Person: true, Kind: room.Agree, ReplyTo: 5}), all},
		"draft that its user sent": {said(room.Event{Seat: cid, Decides: 8}), all},
		"why it refused a draft": {room.Event{N: 9, Type: room.SupervisionSet, Seat: cid, To: []int{cid}, Decides: 8,
			Reason: room.ReasonRefused, Note: "not yet"}, all},
		"that it refused a draft": {room.Event{N: 9, Type: room.SupervisionSet, Seat: cid, To: []int{cid}, Decides: 8,
			Reason: room.ReasonRefused}, nil},
		"message":                  {said(room.Event{}), []string{"any"}},
		"asks another":             {said(room.Event{Kind: room.Proposal, Ask: []int{bob}}), []string{"any"}},
		"file":                     {said(room.Event{File: &room.File{}}), []string{"any"}},
		"answers another":          {said(room.Event{ReplyTo: 5, ReSeat: bob}), []string{"any"}},
		"withdraws another":        {said(room.Event{Withdraws: 5}), []string{"any"}},
		"answers what Cid answers": {said(room.Event{ReplyTo: 4, ReSeat: ann}), []string{"any", "vote"}},
		"withdraws it":             {said(room.Event{Withdraws: 4}), []string{"any", "vote"}},
		"agrees to it":             {said(room.Event{Kind: room.Agree, ReplyTo: 4, ReSeat: ann}), nil},
		"agrees with Cid":          {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: cid}), nil},
		"done, for Cid":            {said(room.Event{Kind: room.Done, To: []int{cid}}), nil},
		"status for Cid":           {said(room.Event{Kind: room.Status, To: []int{cid}, Named: []int{cid}}), nil},
		"private to another":       {said(room.Event{To: []int{bob}}), nil},
		"one's own":                {said(room.Event{Seat: cid}), nil},
		"from before Cid's time":   {room.Event{N: 2, Type: room.Said, Seat: ann, Ask: []int{cid}}, nil},
		"join of who is to read":   {room.Event{N: 9, Type: room.Joined, Seat: ann}, []string{"private"}},
		"return of who is to read": {room.Event{N: 9, Type: room.Joined, Seat: ann, Regains: true}, nil},
		"join of another":          {room.Event{N: 9, Type: room.Joined, Seat: bob}, nil},
		"departure":                {room.Event{N: 9, Type: room.Left, Seat: ann, Agreed: []int64{4}}, nil},
		"role of Cid":              {room.Event{N: 9, Type: room.Managed, Seat: cid, By: ann}, nil},
		"settings":                 {room.Event{N: 9, Type: room.Changed, By: ann}, nil},
		"edit of the task":         {edit(ann, 1), []string{"report"}},
		"edit of it by Cid's user": {edit(cid, 1, true), []string{"report"}},
		"edit of it by Cid":        {edit(cid, 1), nil},
		"edit of another task":     {edit(ann, 2), nil},
		"take of it by another": {room.Event{N: 9, Type: room.TaskChanged, Seat: ann,
			Task: &room.TaskChange{Action: room.TakeTask, No: 1, Added: 4}}, nil},
	} {
		for name, act := range acts {
			if got := cidsAgent.IsHeldBy(c.e, act); got != slices.Contains(c.holds, name) {
				t.Errorf("%s holds back %s: %v", what, name, got)
			}
		}
	}
}

// edit is an edit of a task by the agent of a seat, or by the person behind it.
func edit(seat int, no int64, person ...bool) room.Event {
	return room.Event{N: 9, Type: room.TaskChanged, Seat: seat, Person: len(person) > 0,
		Task: &room.TaskChange{Action: room.EditTask, No: no, Added: 4}}
}
