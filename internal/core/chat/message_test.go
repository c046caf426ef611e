package chat

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestBothEnds_ofAnyText_haveAtMostAFewCharactersMore(t *testing.T) {
	for text, want := range map[string]string{
		"Tea?":                              "Tea?",
		"?" + strings.Repeat("\n", 8000):    "?",
		strings.Repeat("a", 5) + "bbbbbbbb": "aa … bb",
	} {
		if got := bothEnds(text, 4); got != want {
			t.Errorf("%d bytes became %q", len(text), got)
		}
	}
}

func TestMessageOf_eachTypeOfEvent_isOneThatAgentsSee(t *testing.T) {
	var shown []EventType
	for _, is := range room.EventTypes() {
		m := messageOf(&room.State{}, room.Caller{}, room.Event{Type: is, Draft: new(room.Event), Hook: new(room.Hook),
			Task: new(room.TaskChange)})
		if (m.Type == "") != (is == room.Retired) {
			t.Errorf("agents see %q as %q: messageOf says as what", is, m.Type)
		}
		if m.Type != "" {
			shown = append(shown, m.Type)
		}
	}
	if all := slices.Sorted(slices.Values(EventTypes())); !slices.Equal(slices.Sorted(slices.Values(shown)), all) {
		t.Errorf("agents see %q, and EventTypes has %q", shown, all)
	}
}
