package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/room"
)

func TestVisibility_ofEventsForSeatTwo(t *testing.T) {
	bob := room.Agent{Seat: 2, Joined: 5, Since: 3}
	for what, c := range map[string]struct {
		e                    room.Event
		sees, receives, news bool
	}{
		"message of another":       {room.Event{N: 6, Type: room.Said, Seat: 1}, true, true, true},
		"own message":              {room.Event{N: 6, Type: room.Said, Seat: 2}, true, true, false},
		"private message to Bob":   {room.Event{N: 6, Type: room.Said, Seat: 1, To: []int{3, 2}}, true, true, true},
		"private message of Bob":   {room.Event{N: 6, Type: room.Said, Seat: 2, To: []int{3}}, true, true, false},
		"private to another":       {room.Event{N: 6, Type: room.Said, Seat: 1, To: []int{3}}, false, false, false},
		"first visible event":      {room.Event{N: 3, Type: room.Said, Seat: 1}, true, true, true},
		"before the first visible": {room.Event{N: 2, Type: room.Said, Seat: 1}, false, false, false},
		"own join":                 {room.Event{N: 5, Type: room.Joined, Seat: 2}, true, false, false},
		"join of another":          {room.Event{N: 6, Type: room.Joined, Seat: 3}, true, true, true},
		"muted by an admin":        {room.Event{N: 6, Type: room.Managed, Seat: 2, By: 1}, true, true, true},
		"mutes another":            {room.Event{N: 6, Type: room.Managed, Seat: 3, By: 2}, true, true, false},
		"seat wanted":              {room.Event{N: 6, Type: room.SeatWanted}, true, true, true},
		"log retired":              {room.Event{N: 6, Type: room.Retired}, false, false, false},
	} {
		if sees, receives, news := bob.Sees(c.e), bob.Receives(c.e), bob.IsNews(c.e); sees != c.sees || receives != c.receives || news != c.news {
			t.Errorf("%s: sees %v, receives %v, news %v", what, sees, receives, news)
		}
	}
}

func TestVisibleFrom_isAfterTheLastFreedSeatUnlessHistoryIsOpen(t *testing.T) {
	for what, c := range map[string]struct {
		s    room.State
		want int64
	}{
		"no seat was freed":             {room.State{}, 1},
		"a seat was freed":              {room.State{LastFreed: 7}, 8},
		"opened later":                  {room.State{LastFreed: 7, Settings: room.Settings{OpenFrom: 9}}, 9},
		"opened before":                 {room.State{LastFreed: 7, Settings: room.Settings{OpenFrom: 5}}, 8},
		"public":                        {room.State{LastFreed: 7, Settings: room.Settings{Public: true}}, 1},
		"public, opened later":          {room.State{LastFreed: 7, Settings: room.Settings{Public: true, OpenFrom: 5}}, 5},
		"with a password":               {room.State{LastFreed: 7, Settings: room.Settings{Password: "hash"}}, 1},
		"with a password, opened later": {room.State{LastFreed: 7, Settings: room.Settings{Password: "hash", OpenFrom: 9}}, 9},
	} {
		if got := c.s.VisibleFrom(); got != c.want {
			t.Errorf("%s: event %d, want %d", what, got, c.want)
		}
	}
}
