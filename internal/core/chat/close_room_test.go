package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

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
