package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Nobody in the room learns who tried a name or a password.
func TestJoin_refused_writesNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans:pw", AgentName: "Ann"})
	w.enter(chat.JoinRequest{Room: "plans:pw", AgentName: "Bob"})
	w.manage(ann.Token, room.BanName, "Eve", chat.StatusBanned)
	for what, c := range map[string]struct {
		req  chat.JoinRequest
		code fault.Code
	}{
		"wrong password": {chat.JoinRequest{Room: "plans:px", AgentName: "Cid"}, fault.WrongPassword},
		"no password":    {chat.JoinRequest{Room: "plans", AgentName: "Cid"}, fault.WrongPassword},
		"banned":         {chat.JoinRequest{Room: "plans:pw", AgentName: "3ve"}, fault.NotAllowed},
		"no such room": {chat.JoinRequest{Room: "plots", AgentName: "Cid", OnlyExisting: true},
			fault.RoomNotFound},
		"capacity of one":     {chat.JoinRequest{Room: "plots", AgentName: "Cid", Capacity: 1}, fault.InvalidArgument},
		"no room":             {chat.JoinRequest{AgentName: "Cid"}, fault.InvalidArgument},
		"no name":             {chat.JoinRequest{Room: "plots"}, fault.InvalidArgument},
		"name for the server": {chat.JoinRequest{Room: "plots", AgentName: "System"}, fault.InvalidArgument},
		"two passwords": {chat.JoinRequest{Room: "plots:one", Password: "two", AgentName: "Cid"},
			fault.InvalidArgument},
		"control in password": {chat.JoinRequest{Room: "plots", Password: "a\nb", AgentName: "Cid"},
			fault.InvalidArgument},
	} {
		err := w.changesNothing(ann.Token, func() error { _, err := w.JoinRoom(t.Context(), c.req); return err })
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plots"})
	wants(t, err, fault.RoomNotFound)
}

func TestJoin_latestMessages_areTwentyAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann") // event 1
	for i := range 30 {
		w.say(ann.Token, fmt.Sprintf("opening word number %d", i))
	}
	got := w.join("plans", "Bob")
	said := texts(got.Messages)
	if len(got.Messages) != 20 || said[0] != "opening word number 10" || said[19] != "opening word number 29" {
		t.Fatalf("Bob was given %q", said)
	}
	if got.Earlier != 10 || got.HasMore {
		t.Fatalf("%d earlier, more %v; want ten messages earlier, and no more to come", got.Earlier, got.HasMore)
	}
	if next := w.look(got.Token, got.Cursor); next.Status != chat.StatusQuiet {
		t.Fatalf("and then once more %+v", next)
	}
}

func TestJoin_latestMessages_areSixKilobytesAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for i := range 5 {
		w.say(ann.Token, fmt.Sprint(i)+strings.Repeat("x", 2000))
	}
	got := w.join("plans", "Bob")
	if said := texts(got.Messages); len(said) != 2 || said[0][0] != '3' || said[1][0] != '4' {
		t.Fatalf("Bob was given %d messages", len(said))
	}
	if got.Earlier != 3 {
		t.Fatalf("%d earlier, want 3", got.Earlier)
	}
}
