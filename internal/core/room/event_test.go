package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestChangesState_eventThatASnapshotMustHold_isTrue(t *testing.T) {
	for what, c := range map[string]struct {
		e    room.Event
		want bool
	}{
		"message":             {room.Event{Type: room.Said}, false},
		"request":             {room.Event{Type: room.Said, Kind: room.Request}, false},
		"status":              {room.Event{Type: room.Said, Kind: room.Status}, false},
		"done":                {room.Event{Type: room.Said, Kind: room.Done}, false},
		"message that renews": {room.Event{Type: room.Said, ExpiresMs: 1}, true},
		"draft that is sent":  {room.Event{Type: room.Said, Decides: 2}, true},
		"join":                {room.Event{Type: room.Joined}, true},
		"paired":              {room.Event{Type: room.Paired}, true},
		"knock":               {room.Event{Type: room.Knocked}, true},
	} {
		if got := c.e.ChangesState(); got != c.want {
			t.Errorf("%s: got %v", what, got)
		}
	}
}
