package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

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

func TestLeave_seatTakenOverDuringIt_returnsAlreadyLeft(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(2 * time.Minute)
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.ann.Token) // caches the room with Bob
	middle.beforeWrite = func() { w.join("plans", "Cid") }
	if got, err := late.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
		got.Status != chat.StatusAlreadyLeft {
		t.Fatalf("Bob leaves: %+v, %v", got, err)
	}
}

func TestLeave_freesSeatAndName_andMayBeRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	for _, w := range []*world{w, w.elsewhere()} {
		if got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
			got.Status != chat.StatusAlreadyLeft {
			t.Fatalf("again: %+v, %v", got, err)
		}
	}
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (left)"})
	presence := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "SEEN#", Limit: 10}
	if page, err := w.table.Query(t.Context(), presence); err != nil || len(page.Items) != 1 {
		t.Fatalf("%d stored presences, %v", len(page.Items), err)
	}
	if got := w.join("plans", "Bob"); got.Token == p.bob.Token {
		t.Fatal("the new Bob has the old one's token")
	}
}

func TestLeave_tellsHowLongTheRecordStays(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	left := func(token string) chat.Left {
		t.Helper()
		got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := left(p.ann.Token); !got.Until.Equal(w.clock.Now().Add(room.Life)) || got.NewAdmin != "Bob" {
		t.Errorf("with Bob there: %+v", got)
	}
	if got := left(p.bob.Token); !got.Until.IsZero() {
		t.Errorf("as the last one: %+v", got)
	}
	if got := left(p.bob.Token); got.Status != chat.StatusAlreadyLeft || !got.Until.IsZero() {
		t.Errorf("again: %+v", got)
	}
	locked := w.create(chat.CreateRequest{Room: "den", AgentName: "Ann", Password: "a long password"})
	if got := left(locked.Token); got.Until.IsZero() {
		t.Errorf("of a room with a password: %+v", got)
	}
}
