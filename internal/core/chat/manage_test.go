package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestManage_mute_isOneEventForAll(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	before := len(w.events(p.ann.Token))
	got, err := w.ManageAgent(t.Context(),
		chat.ManageRequest{Token: p.ann.Token, AgentName: "BOB", Action: room.Mute, Note: "as agreed"})
	if err != nil || got.Status != chat.StatusMuted || got.Name != "Bob" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if after := len(w.events(p.ann.Token)); after != before+1 {
		t.Errorf("%d events became %d", before, after)
	}
	m := w.look(p.cid.Token, p.cid.Cursor).Messages
	if len(m) != 1 || m[0].Type != chat.EventRole || m[0].Action != room.Mute || m[0].Agent != "Bob" ||
		m[0].By != "Ann" || m[0].Note != "as agreed" {
		t.Errorf("Cid receives %+v", m)
	}
	for _, w := range []*world{w, w.elsewhere()} {
		if a := w.info(p.cid.Token).Room.Agents[1]; a.Name != "Bob" || !a.Muted {
			t.Errorf("Bob is %+v", a)
		}
	}
}

func TestManage_invalid_isRefusedAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for what, c := range map[string]struct {
		req  chat.ManageRequest
		code fault.Code
		says string
	}{
		"no action": {chat.ManageRequest{AgentName: "Bob"}, fault.InvalidArgument, "promote"},
		"no name":   {chat.ManageRequest{Action: room.Kick}, fault.InvalidArgument, "agent_name is missing"},
		"nobody to kick": {chat.ManageRequest{AgentName: "Eve", Action: room.Kick}, fault.InvalidArgument,
			"removed already"},
		"note with a token": {chat.ManageRequest{AgentName: "Bob", Action: room.Kick, Note: "use " + p.ann.Token},
			fault.InvalidArgument, "secret"},
	} {
		t.Run(what, func(t *testing.T) {
			c.req.Token = p.ann.Token
			for _, w := range []*world{w, w.elsewhere()} {
				err := w.changesNothing(p.ann.Token,
					func() error { _, err := w.ManageAgent(t.Context(), c.req); return err })
				says(t, err, c.code, c.says)
			}
		})
	}
}
