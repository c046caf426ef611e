package chat_test

import (
	"regexp"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

func TestCreate_invalidArguments_areRefusedAndCreateNothing(t *testing.T) {
	w := newWorld(t)
	token := w.join("elsewhere", "Ann").Token
	for what, req := range map[string]chat.CreateRequest{
		"no agent":                 {},
		"unknown type":             {AgentName: "Ann", Type: "club"},
		"token in description":     {AgentName: "Ann", Description: "use " + token + " please"},
		"token as the room's name": {AgentName: "Ann", Room: token},
		"token as agent's name":    {AgentName: token},
		"blank room":               {AgentName: "Ann", Room: " "},
		"room of bad letters":      {AgentName: "Ann", Room: "a/b"},
	} {
		if req.Room == "" {
			req.Room = "plans"
		}
		if _, err := w.CreateRoom(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	wants(t, err, fault.RoomNotFound)
}

func TestCreate_withoutAName_generatesAReadableOne(t *testing.T) {
	w := newWorld(t)
	form := regexp.MustCompile(`^[a-z]{3,8}-[a-z]{3,8}-[0-9]{7}$`)
	made := map[string]bool{}
	for range 20 {
		got := w.create(chat.CreateRequest{AgentName: "Ann"})
		if !form.MatchString(got.Room.Name) || made[got.Room.Name] {
			t.Fatalf("made up %q", got.Room.Name)
		}
		made[got.Room.Name] = true
	}
	for name := range made {
		if got := w.join(name, "Bob"); got.Status != chat.StatusJoined {
			t.Fatalf("Bob got %+v", got)
		}
		break
	}
}
