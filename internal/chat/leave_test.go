package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestLeave_lastWord_isSaidInTheSameWrite(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		got, err := there.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: "farewell, @Ann"})
		if err != nil || got.Status != chat.StatusLeft {
			t.Fatalf("got %+v, %v", got, err)
		}
		same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages),
			[]string{"Bob: farewell, @Ann", "left Bob (left)"})
		again, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: "farewell, @Ann"})
		if err != nil || again.Status != chat.StatusAlreadyLeft || len(again.Messages) != 0 {
			t.Errorf("again: %+v, %v", again, err)
		}
		if n := len(texts(w.all(p.ann.Token))); n != 1 {
			t.Errorf("it was said %d times", n)
		}
	})
}

func TestLeave_unreadMessages_comeWithTheResult(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.say(p.ann.Token, "for all")
		w.tell(p.ann.Token, "for Bob", "Bob")
		w.tell(p.ann.Token, "for Cid", "Cid")
		got, err := there.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: "farewell"})
		if err != nil || got.HasMore {
			t.Fatalf("got %+v, %v", got, err)
		}
		same(t, "Bob receives", texts(got.Messages), []string{"for all", "for Bob"})
	})
}

func TestLeave_nothingUnread_returnsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "read before")
	w.look(p.bob.Token, p.bob.Cursor)
	got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token})
	if err != nil || len(got.Messages) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestLeave_lastWordThatMayNotBeSaid_isRefusedAndTheSeatStays(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	for text, code := range map[string]fault.Code{"I may not say this": fault.NotAllowed,
		"key " + p.ann.Token: fault.InvalidArgument} {
		err := w.changesNothing(p.bob.Token, func() error {
			_, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: text})
			return err
		})
		wants(t, err, code)
	}
	w.leave(p.bob.Token)
}

func TestLeave_fromAClosedRoom_historyStaysReadable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "the end")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
	got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: "farewell"})
	if err != nil || got.Status != chat.StatusAlreadyLeft {
		t.Fatalf("got %+v, %v", got, err)
	}
	same(t, "Bob reads", texts(w.all(p.bob.Token)), []string{"the end"})
	if !w.elsewhere().info(p.bob.Token).Room.Closed {
		t.Error("room_info does not say that the room is closed")
	}
}
