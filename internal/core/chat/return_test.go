package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

func TestReturn_manyMessages_comeInBatchesWithoutGaps(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want []string
	for i := range 30 {
		text := fmt.Sprintf("message number %d of many", i)
		w.say(p.ann.Token, text)
		want = append(want, text)
	}
	got := w.enter(chat.JoinRequest{Token: p.bob.Token})
	if len(got.Messages) != 20 || !got.HasMore {
		t.Fatalf("%d messages, more %v", len(got.Messages), got.HasMore)
	}
	rest := w.look(p.bob.Token, got.Cursor)
	same(t, "all", append(texts(got.Messages), texts(rest.Messages)...), want)
}

func TestReturn_roomOrNameOfAnother_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, c := range map[string]struct {
		req  chat.JoinRequest
		says string // of the refusal; "" if there is none
	}{
		"own room and name": {chat.JoinRequest{Room: "PLANS", AgentName: "bob"}, ""},
		"another room":      {chat.JoinRequest{Room: "plots"}, "another room"},
		"no room's name":    {chat.JoinRequest{Room: "###"}, "another room"},
		"another name":      {chat.JoinRequest{AgentName: "Bobby"}, "another name"},
		"no agent's name":   {chat.JoinRequest{AgentName: "system"}, "another name"},
		"two passwords":     {chat.JoinRequest{Room: "plans:a", Password: "b"}, "password is another one"},
	} {
		c.req.Token = p.bob.Token
		_, err := w.JoinRoom(t.Context(), c.req)
		if c.says == "" && err != nil || c.says != "" &&
			(fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
