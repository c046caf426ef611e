package room_test

import (
	"fmt"
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

func TestFingerprint_otherTextReadersKindOrAsk_differs(t *testing.T) {
	seen := map[[16]byte]string{}
	for _, e := range []room.Event{
		{Text: "yes"}, {Text: "yes", To: []int{ann}}, {Text: "yes", To: []int{ann, bob}}, {Text: "yes", To: []int{12}},
		{Text: "yes", Finishes: []int64{1}}, {Text: "yes", Finishes: []int64{1, 2}},
		{Text: "yes", Kind: room.Request}, {Text: "yes", Kind: room.Proposal}, {Text: "yes", Ask: []int{bob}},
		{Text: "yes", Ask: []int{ann, bob}}, {Text: "yes", Kind: room.Request, Ask: []int{bob}},
		{Text: "yes", To: []int{ann, bob}, Ask: []int{bob}}, {Text: "yes", To: []int{ann, bob}, Kind: room.Request},
		{Text: "no"}, {Text: "[1]yes"}, {Kind: room.Agree, ReplyTo: 5}, {Kind: room.Agree, ReplyTo: 6},
		{Kind: room.Object, ReplyTo: 5}, {Withdraws: 5}, {Withdraws: 6}, {Withdraws: 5, Text: "yes"},
	} {
		sum, what := e.Fingerprint(), fmt.Sprintf("%+v", e)
		if other, known := seen[sum]; known {
			t.Errorf("%s and %s have the same fingerprint", what, other)
		}
		e.N, e.ID, e.AtMs = 7, "again", 1
		if e.Fingerprint() != sum {
			t.Errorf("%s has two fingerprints", what)
		}
		seen[sum] = what
	}
}

func TestFingerprint_ofARemovedText_isNoCallsFingerprint(t *testing.T) {
	gone := room.Event{Type: room.Said, Seat: ann, Text: "the key is 4711"}.WithoutText()
	if gone.Fingerprint() == (room.Event{Type: room.Said, Seat: ann, Text: room.Removed}).Fingerprint() {
		t.Error("who then says what stands in its place repeats it")
	}
}
