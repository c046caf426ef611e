package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

func TestInfo_byToken_describesTheOwnRoom(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Description: "all of it", Capacity: 3})
	w.say(ann.Token, "hello")
	bob := w.join("plans", "Bob")
	for _, w := range []*world{w, w.elsewhere()} {
		got := w.info(bob.Token)
		if got.Room.Name != "plans" || got.Room.Description != "all of it" || got.Room.Capacity != 3 ||
			got.Earlier != 1 || !got.Now.Equal(w.clock.Now()) {
			t.Errorf("got %+v", got)
		}
		same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Bob (member)"})
		if a := got.Room.Agents; a[0].You || !a[1].You {
			t.Errorf("Bob is %+v", a)
		}
	}
}

func TestInfo_byName_needsThePassword(t *testing.T) {
	w := newWorld(t)
	w.join("plans:pw", "Ann")
	for what, c := range map[string]struct {
		req  chat.InfoRequest
		code fault.Code
	}{
		"right":          {chat.InfoRequest{Room: "Plans", Password: "pw"}, ""},
		"after the name": {chat.InfoRequest{Room: "Plans:pw"}, ""},
		"none":           {chat.InfoRequest{Room: "plans"}, fault.WrongPassword},
		"wrong":          {chat.InfoRequest{Room: "plans:px"}, fault.WrongPassword},
		"two":            {chat.InfoRequest{Room: "plans:pw", Password: "px"}, fault.InvalidArgument},
		"no such room":   {chat.InfoRequest{Room: "plots"}, fault.RoomNotFound},
		"no name at all": {chat.InfoRequest{}, fault.InvalidArgument},
	} {
		got, err := w.RoomInfo(t.Context(), c.req)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			same(t, what, seats(got.Room), []string{"Ann ()"})
		}
	}
}
