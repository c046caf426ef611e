package room_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

// The cases are what Cid, in seat 3, has not read. Cid answers event 4.
func TestHoldBackOf_unreadEvent_holdsBackByWhomItIsFor(t *testing.T) {
	const never, once, always = room.HoldBackNever, room.HoldBackOnce, room.HoldBackAlways
	cidsAgent := room.Caller{Agent: room.Agent{Seat: cid, Joined: 3, Since: room.Mark{N: 3}}}
	said := func(e room.Event) room.Event {
		e.N, e.Type, e.Seat = 9, room.Said, 1
		return e
	}
	for what, c := range map[string]struct {
		e    room.Event
		want room.HoldBack
	}{
		"private":                    {said(room.Event{To: []int{cid}}), always},
		"private done":               {said(room.Event{Kind: room.Done, To: []int{cid}}), always},
		"asks Cid":                   {said(room.Event{Ask: []int{bob, cid}}), always},
		"proposes to Cid":            {said(room.Event{Kind: room.Proposal, Ask: []int{cid}}), always},
		"names Cid":                  {said(room.Event{Named: []int{cid}}), always},
		"answers Cid":                {said(room.Event{ReplyTo: 5, ReSeat: cid}), always},
		"agrees with Cid":            {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: cid}), always},
		"withdraws what Cid answers": {said(room.Event{Withdraws: 4}), always},
		"withdraws what Cid owes":    {said(room.Event{Withdraws: 5, Named: []int{cid}}), always},
		"withdraws something else":   {said(room.Event{Withdraws: 5}), once},
		"message":                    {said(room.Event{}), once},
		"message, by its kind":       {said(room.Event{Kind: room.Plain}), once},
		"open request":               {said(room.Event{Kind: room.Request}), once},
		"request to another":         {said(room.Event{Kind: room.Request, Ask: []int{bob}}), once},
		"asks another":               {said(room.Event{Ask: []int{bob}}), once},
		"proposes to another":        {said(room.Event{Kind: room.Proposal, Ask: []int{bob}}), once},
		"answers another":            {said(room.Event{ReplyTo: 5, ReSeat: bob}), once},
		"answers what Cid answers":   {said(room.Event{ReplyTo: 4, ReSeat: ann}), once},
		"agrees with another":        {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: bob}), never},
		"agrees in private": {said(room.Event{Kind: room.Agree, ReplyTo: 5, ReSeat: bob, To: []int{cid}}),
			never},
		"objects to Cid":      {said(room.Event{Kind: room.Object, ReplyTo: 5, ReSeat: cid}), always},
		"words of Cid's user": {room.Event{N: 9, Type: room.Said, Seat: cid, Person: true}, always},
		"status of Cid's user": {room.Event{N: 9, Type: room.Said, Seat: cid, Kind: room.Status, Person: true},
			always},
		"vote of Cid's user": {room.Event{N: 9, Type: room.Said, Seat: cid, Person: true, Kind: room.Agree, ReplyTo: 5,
			ReSeat: ann}, always},
		"draft that its user sent":  {room.Event{N: 9, Type: room.Said, Seat: cid, Decides: 8}, always},
		"file":                      {said(room.Event{File: &room.File{}}), once},
		"file, its note for Cid":    {said(room.Event{File: &room.File{}, Named: []int{cid}}), always},
		"objects to another":        {said(room.Event{Kind: room.Object, ReplyTo: 5, ReSeat: bob}), once},
		"done":                      {said(room.Event{Kind: room.Done}), once},
		"names another":             {said(room.Event{Named: []int{bob}}), once},
		"status":                    {said(room.Event{Kind: room.Status}), never},
		"status for Cid":            {said(room.Event{Kind: room.Status, To: []int{cid}, Named: []int{cid}}), never},
		"private to another":        {said(room.Event{To: []int{bob}}), never},
		"one's own":                 {room.Event{N: 9, Type: room.Said, Seat: cid}, never},
		"from before Cid's time":    {room.Event{N: 2, Type: room.Said, Seat: ann, Ask: []int{cid}}, never},
		"join of another":           {room.Event{N: 9, Type: room.Joined, Seat: bob}, never},
		"join of who is to read it": {room.Event{N: 9, Type: room.Joined, Seat: ann}, always},
		"return of who is to read":  {room.Event{N: 9, Type: room.Joined, Seat: ann, Regains: true}, never},
		"departure":                 {room.Event{N: 9, Type: room.Left, Seat: ann}, never},
		"departure that completes":  {room.Event{N: 9, Type: room.Left, Seat: ann, Agreed: []int64{4}}, never},
		"role of Cid":               {room.Event{N: 9, Type: room.Managed, Seat: cid, By: ann}, never},
		"settings":                  {room.Event{N: 9, Type: room.Changed, By: ann}, never},
		"task that Cid is offered": {room.Event{N: 9, Type: room.TaskChanged, Seat: ann, Wakes: []int{cid},
			Task: &room.TaskChange{Action: room.AddTasks,
				Add: []room.Task{{No: 1, For: []room.Party{cidsAgent.Party()}}}}},
			never},
		"knock":                    {room.Event{N: 9, Type: room.Knocked}, never},
		"edit of the task":         {edit(ann, 1), always},
		"edit of it by Cid's user": {edit(cid, 1, true), always},
		"edit of it by Cid":        {edit(cid, 1), never},
		"edit of another task":     {edit(ann, 2), never},
		"take of the task by another": {room.Event{N: 9, Type: room.TaskChanged, Seat: ann,
			Task: &room.TaskChange{Action: room.TakeTask, No: 1, Added: 4}}, never},
	} {
		for saying, said := range map[string]room.Event{
			"words": {}, "a proposed file": {Kind: room.Proposal, File: &room.File{}},
			"private words": {To: []int{ann}}, "a report": {Finishes: []int64{1}}, "a file": {File: &room.File{}},
			"a private report": {To: []int{ann}, Finishes: []int64{1}}, "a vote": {Kind: room.Agree},
			"a done": {Kind: room.Done},
		} {
			want := c.want
			if c.e.Type == room.Joined && len(said.To) == 0 || c.e.Type == room.TaskChanged && len(said.Finishes) == 0 {
				want = never
			}
			if want == once && saying != "words" && saying != "a proposed file" &&
				!(saying == "a vote" && c.e.ReplyTo == 4) && !(saying == "a done" && what != "done") {
				want = never
			}
			said.ReplyTo = 4
			if got := cidsAgent.HoldBackOf(c.e, said); got != want {
				t.Errorf("%s, of %s: %d, want %d", what, saying, got, want)
			}
		}

		// To take a task is as words to all, and to finish it as its report; a vote of another holds neither back.
		isVote, isAct := c.e.Kind == room.Agree && c.e.Seat != cid, c.e.Task != nil
		for act, unless := range map[room.TaskAct]bool{
			{Takes: true}:          isVote || isAct || c.e.Type == room.Joined,
			{Ends: 1}:              isVote || c.want == once || c.e.Type == room.Joined,
			{Ends: 1, Takes: true}: isVote || c.e.Type == room.Joined,
		} {
			want := c.want
			switch {
			case unless:
				want = never
			case c.e.Withdraws == 4: // an act answers nothing
				want = never
				if act.Takes {
					want = once
				}
			}
			if got := cidsAgent.HoldBackOfAct(c.e, act); got != want {
				t.Errorf("%s, of %+v: %d, want %d", what, act, got, want)
			}
		}
	}
}

// edit is an edit of a task by the agent of a seat, or by the person behind it.
func edit(seat int, no int64, person ...bool) room.Event {
	return room.Event{N: 9, Type: room.TaskChanged, Seat: seat, Person: len(person) > 0,
		Task: &room.TaskChange{Action: room.EditTask, No: no, Added: 4}}
}

// What HoldBackOf or HoldBackOfAct holds back, MayHoldBack says may be held back: no send then overlooks an event.
func TestMayHoldBack_anyEventThatHoldsBack_isSeen(t *testing.T) {
	check := func(t rapid.TB, l *timeline, h *room.Head) {
		for _, agent := range h.Agents {
			acts := []room.Event{{}}
			for _, other := range h.Agents {
				acts = append(acts, room.Event{To: []int{other.Seat}})
			}
			for no := range h.LastTask { // also one that has ended
				acts = append(acts, room.Event{Finishes: []int64{no + 1}})
			}
			caller := room.Caller{Agent: agent}
			for _, said := range acts {
				newest := l.newest(1, func(e room.Event) bool {
					for _, no := range said.Finishes {
						if caller.HoldBackOfAct(e, room.TaskAct{Ends: no, Takes: true}) != room.HoldBackNever {
							return true
						}
					}
					return caller.HoldBackOf(e, said) != room.HoldBackNever
				})
				if newest > 0 && !h.MayHoldBack(agent.Seat, newest-1, said.To, said.Finishes) {
					e := l.events[newest-1]
					t.Fatalf("%s by seat %d holds back seat %d: to %v, finishes %v", e.Type, e.Seat, agent.Seat,
						said.To, said.Finishes)
				}
			}
		}
	}
	rows := rowsOf(t)
	for _, is := range room.EventTypes() {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dan", "Eve")
		l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "buy tea"}}})
		e := exampleOf(l, rows, is)
		if e.Agent != nil {
			e.Agent.Joined = l.head.AsOf + 1
		}
		l.apply(e)
		check(t, l, l.head)
	}
	l := newRoom(t, "Ann", "Bob")
	l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "buy tea"}}})
	l.must(ann, room.TaskOrder{Action: room.EditTask, No: 1, Title: "buy coffee"})
	l.must(ann, room.TaskOrder{Action: room.FinishTask, No: 1})
	check(t, l, l.head)
	rapid.Check(t, func(t *rapid.T) {
		l := drawTimeline(t)
		check(t, l, drawHead(t, l))
	})
}

// MayHoldBack says so of little else: else each send would read the log.
func TestMayHoldBack_whatHoldsNothingBack_isNotSeen(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "buy tea"}, {Title: "sweep"}}})
	n := l.head.AsOf
	l.join("Cid")
	l.say(ann, "mine")
	l.must(ann, room.TaskOrder{Action: room.EditTask, No: 2, Title: "wash"})
	for what, c := range map[string]struct {
		to       []int
		finishes []int64
		want     bool
	}{
		"words to all":                {},
		"words to Bob":                {to: []int{bob}},
		"words to the newcomer":       {to: []int{bob, cid}, want: true},
		"a report":                    {finishes: []int64{1}},
		"a report of the edited task": {finishes: []int64{1, 2}, want: true},
	} {
		if got := l.head.MayHoldBack(ann, n, c.to, c.finishes); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}
