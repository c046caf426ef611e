package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestSees_eventBeforeItsTimeOrForOthers_isHiddenFromBob(t *testing.T) {
	bobsAgent := room.Caller{Agent: room.Agent{Seat: bob, Joined: 5, Since: room.Mark{N: 3}}}
	for what, c := range map[string]struct {
		e                    room.Event
		sees, receives, news bool
	}{
		"message of another": {room.Event{N: 6, Type: room.Said, Seat: ann}, true, true, true},
		"own message":        {room.Event{N: 6, Type: room.Said, Seat: bob}, true, true, false},
		"private message to Bob": {room.Event{N: 6, Type: room.Said, Seat: ann, To: []int{cid, bob}}, true, true,
			true},
		"private message of Bob":   {room.Event{N: 6, Type: room.Said, Seat: bob, To: []int{cid}}, true, true, false},
		"private to another":       {room.Event{N: 6, Type: room.Said, Seat: ann, To: []int{cid}}, false, false, false},
		"first visible event":      {room.Event{N: 3, Type: room.Said, Seat: ann}, true, true, true},
		"before the first visible": {room.Event{N: 2, Type: room.Said, Seat: ann}, false, false, false},
		"own join":                 {room.Event{N: 5, Type: room.Joined, Seat: bob}, true, false, false},
		"join of another":          {room.Event{N: 6, Type: room.Joined, Seat: cid}, true, true, true},
		"muted by an admin":        {room.Event{N: 6, Type: room.Managed, Seat: bob, By: ann}, true, true, true},
		"mutes another":            {room.Event{N: 6, Type: room.Managed, Seat: cid, By: bob}, true, true, false},
		"knock":                    {room.Event{N: 6, Type: room.Knocked}, true, true, true},
		"knock for Bob's own name": {room.Event{N: 6, Type: room.Knocked, Seat: bob}, true, true, true},
		"log retired":              {room.Event{N: 6, Type: room.Retired}, false, false, false},
	} {
		if sees, receives, news := bobsAgent.Sees(c.e), bobsAgent.Receives(c.e),
			bobsAgent.IsNews(c.e); sees != c.sees ||
			receives != c.receives || news != c.news {
			t.Errorf("%s: sees %v, receives %v, news %v", what, sees, receives, news)
		}
	}
}

func TestVisibleFrom_isAfterTheLastFreedSeatUnlessHistoryIsOpen(t *testing.T) {
	freed, opened, early := room.Mark{N: 7, Messages: 3}, room.Mark{N: 9, Messages: 4}, room.Mark{N: 5, Messages: 2}
	for what, c := range map[string]struct {
		s    room.State
		want room.Mark
	}{
		"no seat was freed": {room.State{}, room.Mark{N: 1}},
		"a seat was freed":  {room.State{LastFreed: freed}, room.Mark{N: 8, Messages: 3}},
		"opened later": {room.State{LastFreed: freed, Settings: room.Settings{OpenFrom: opened}},
			opened},
		"opened before": {room.State{LastFreed: freed, Settings: room.Settings{OpenFrom: early}},
			room.Mark{N: 8, Messages: 3}},
		"public": {room.State{LastFreed: freed, Settings: room.Settings{Public: true}},
			room.Mark{N: 1}},
		"public, opened later": {room.State{LastFreed: freed,
			Settings: room.Settings{Public: true, OpenFrom: early}}, early},
		"with a password": {room.State{LastFreed: freed, Settings: room.Settings{Password: "hash"}},
			room.Mark{N: 1}},
		"with a password, opened later": {room.State{LastFreed: freed,
			Settings: room.Settings{Password: "hash", OpenFrom: opened}}, opened},
	} {
		if got := c.s.VisibleFrom(); got != c.want {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
}

func TestMark_countsTheMessagesToAllBeforeIt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.say(ann, "one")
	l.say(ann, "psst", bob)
	l.sayAs(bob, room.Status, "at work")
	l.leave(cid)
	l.say(ann, "three")
	if got, want := l.head.LastFreed, (room.Mark{N: 7, Messages: 2}); got != want {
		t.Errorf("freed at %+v, want %+v", got, want)
	}
	if got, want := l.head.FromNext(), (room.Mark{N: 10, Messages: 3}); got != want {
		t.Errorf("from next %+v, want %+v", got, want)
	}
}
