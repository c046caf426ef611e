package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

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
