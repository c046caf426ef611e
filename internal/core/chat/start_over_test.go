package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// What the process has cached of the old room no longer counts.
func TestStartOver_inAnotherProcess_isNoticed(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	ann := here.join("plans", "Ann")
	there.leave(ann.Token)
	bob := there.join("plans", "Bob")
	cid := here.join("plans", "Cid")
	if cid.Status != chat.StatusJoined || cid.Token[:7] != bob.Token[:7] {
		t.Fatalf("Cid got %+v", cid)
	}
	_, err := here.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: "hello?"})
	wants(t, err, fault.Removed)
}

// A talk between two is over: nobody has been heard for fifteen minutes. Strangers that
// know its name get a room of their own.
func TestStartOver_fullRoomSilentForAQuarterOfAnHour_isNewAtTheNextJoin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.pair()
		secret := w.say(p.ann.Token, "between the two of us")
		w.clock.Advance(15*time.Minute - time.Second)
		w.look(p.bob.Token, "")
		if _, err := there.tryJoin("plans", "Eve"); fault.CodeOf(err) != fault.RoomFull {
			t.Errorf("while Bob is there: %v", err)
		}
		w.clock.Advance(15 * time.Minute)
		eve := there.join("plans", "Ann") // the admin's name is of no use to it
		if eve.Status != chat.StatusCreated || eve.Token[:7] == p.ann.Token[:7] || eve.Hidden != 0 ||
			len(eve.Messages) > 0 {
			t.Errorf("Eve got %+v", eve)
		}
		there.sees(eve, []chat.Message{{ID: secret.ID}})
		for _, w := range services {
			same(t, "Bob still reads", texts(w.all(p.bob.Token)), []string{"between the two of us"})
			if got := w.look(p.bob.Token, ""); got.Status != chat.StatusRemoved || got.Reason != room.ReasonBegunAnew {
				t.Errorf("Bob waits: %+v", got)
			}
			for call, err := range everyCall(w, p.bob.Token) {
				if code := fault.CodeOf(err); err != nil &&
					(code != fault.RoomClosed || !strings.Contains(err.Error(), "started the room over")) {
					t.Errorf("Bob's %s: %v", call, err)
				}
			}
		}
		if got := there.join("plans", "Bob"); got.Status != chat.StatusJoined || got.Token[:7] != eve.Token[:7] {
			t.Errorf("Bob joins once more: %+v", got)
		}
	})
}
