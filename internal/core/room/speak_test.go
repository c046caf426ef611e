package room_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestCheckSpeak_muteChannelClosedOrAddresseeGone_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	speak := func(seat int, to ...int) fault.Code {
		return fault.CodeOf(l.head.CheckSpeak(l.agent(seat).Agent, to))
	}
	check := func(what string, got, want fault.Code) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("a member", speak(2, 1, 3), "")
	l.leave(cid)
	check("to an agent that left", speak(2, 1, 3), fault.InvalidArgument)
	l.manage(room.Mute, bob)
	check("muted", speak(2), fault.NotAllowed)
	if err := l.head.CheckSpeak(l.agent(bob).Agent, nil); !strings.Contains(err.Error(), "muted you") {
		t.Errorf("muted: %v", err)
	}
	l.manage(room.Unmute, bob)
	l.set(func(s *room.Settings) { s.Type = room.Channel })
	check("a member of a channel", speak(2), fault.NotAllowed)
	check("its admin", speak(1), "")
	l.apply(room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed})
	check("in a closed room", speak(1), fault.RoomClosed)
}
