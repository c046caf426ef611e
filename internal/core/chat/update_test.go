package chat_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func TestUpdate_invalid_isRefusedAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.join("plots", "Eve")
	for name, c := range map[string]struct {
		req  chat.UpdateRequest
		code fault.Code
		says string
	}{
		"name of another room": {chat.UpdateRequest{Room: "PLOTS", Description: "new"}, fault.RoomExists,
			"choose another"},
		"no name":             {chat.UpdateRequest{Room: " "}, fault.InvalidArgument, "room is missing"},
		"name of bad letters": {chat.UpdateRequest{Room: "a/b"}, fault.InvalidArgument, "letters"},
		"two passwords":       {chat.UpdateRequest{Room: "plans:x", Password: "y"}, fault.InvalidArgument, "give one"},
		"long password": {chat.UpdateRequest{Password: strings.Repeat("x", base.MaxPassword+1)},
			fault.InvalidArgument, "bytes"},
		"messages of agents": {chat.UpdateRequest{AgentMessages: new(-1)}, fault.InvalidArgument, "agent_messages"},
		"capacity of one":    {chat.UpdateRequest{Capacity: 1}, fault.InvalidArgument, "from 2 to 100"},
	} {
		t.Run(name, func(t *testing.T) {
			c.req.Token = p.ann.Token
			for _, w := range []*world{w, w.elsewhere()} {
				err := w.changesNothing(p.ann.Token,
					func() error { _, err := w.UpdateRoom(t.Context(), c.req); return err })
				says(t, err, c.code, c.says)
			}
		})
	}
}

// The join needs the password that the room has when the agent is seated.
func TestUpdate_passwordSetDuringAJoin_isRequired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	newcomer := w.onTop(&interrupted{beforeWrite: func() {
		w.update(chat.UpdateRequest{Token: ann.Token, Password: "pw"})
	}})
	_, err := newcomer.tryJoin("plans", "Bob")
	wants(t, err, fault.WrongPassword)
}

func TestUpdate_withACursorBehindAChange_isRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.trio()
		w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
		old := there.look(p.bob.Token, "").Cursor
		w.say(p.ann.Token, "a message changes no settings")
		there.update(chat.UpdateRequest{Token: p.bob.Token, Description: "by Bob", Cursor: old})
		now := there.look(p.bob.Token, "").Cursor
		w.update(chat.UpdateRequest{Token: p.ann.Token, Description: "by Ann"})
		err := w.changesNothing(p.ann.Token, func() error {
			_, err := there.UpdateRoom(t.Context(),
				chat.UpdateRequest{Token: p.bob.Token, Description: "by Bob", Cursor: now})
			return err
		})
		says(t, err, fault.InvalidArgument, "have changed since")
		there.update(chat.UpdateRequest{Token: p.bob.Token, Description: "by Bob again",
			Cursor: there.look(p.bob.Token, "").Cursor})
	})
}

func TestClose_tokens_canOnlyReadAndLeave(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.say(p.ann.Token, "the end")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
	for _, w := range []*world{w, w.elsewhere()} {
		for _, token := range []string{p.ann.Token, p.bob.Token} {
			all := calls(w, token)
			for _, call := range []string{"join", "send", "update", "manage", "task"} {
				says(t, w.changesNothing(token, all[call]), fault.RoomClosed, "agree on a new room")
			}
			if !w.info(token).Room.Closed {
				t.Error("room_info does not say that the room is closed")
			}
			same(t, "reading back", texts(w.all(token)), []string{"the end"})
			if got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: token}); err != nil ||
				got.Status != chat.StatusAlreadyLeft {
				t.Errorf("leave: %+v, %v", got, err)
			}
		}
	}
}

func TestClose_duringAJoin_joinCreatesAnotherRoom(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	newcomer := w.onTop(&interrupted{beforeWrite: func() {
		w.update(chat.UpdateRequest{Token: ann.Token, Close: true})
	}})
	bob := newcomer.join("plans", "Bob")
	if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] {
		t.Errorf("Bob got %+v", bob)
	}
}
