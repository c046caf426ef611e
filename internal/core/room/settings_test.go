package room_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestCheckSettings_longOrInvalidDescription_isRefused(t *testing.T) {
	check := func(s string) error { return room.CheckSettings(s, 0, "") }
	checkTexts(t, "description", check, []text{
		{"empty", "", ""},
		{"several lines", "one\n\ttwo", ""},
		{"the longest", strings.Repeat("é", core.MaxDescription), ""},
		{"one character more", strings.Repeat("é", core.MaxDescription+1), fault.InvalidArgument},
		{"a control character", "a\x07b", fault.InvalidArgument},
		{"not UTF-8", "\xff", fault.InvalidArgument},
		{"a token", "join with " + token(), fault.InvalidArgument},
	})
}

func TestCheckSettings_unknownCapacityOrType_isRefused(t *testing.T) {
	for capacity, valid := range map[int]bool{-1: false, 0: true, 1: false, 2: true, 100: true, 101: false} {
		if err := room.CheckSettings("", capacity, ""); (err == nil) != valid {
			t.Errorf("capacity %d: %v", capacity, err)
		}
	}
	for kind, valid := range map[room.Type]bool{"": true, room.Group: true, room.Channel: true, "forum": false,
		"Group": false} {
		if err := room.CheckSettings("", 0, kind); (err == nil) != valid {
			t.Errorf("type %q: %v", kind, err)
		}
	}
}
