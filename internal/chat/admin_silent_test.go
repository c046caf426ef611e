package chat_test

import (
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// capacity sets how many agents may have a seat.
func (w *world) capacity(token string, n int) error {
	_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, Capacity: n})
	return err
}

// Ann, the only admin, is silent. Eve finds no seat, and Bob can make room for her.
func TestSuccession_adminIsSilent_whoIsThereMakesRoom(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		dora := w.join("plans", "Dora")
		w.clock.Advance(room.AdminSilent - time.Second)
		w.look(p.bob.Token, "")
		w.look(p.cid.Token, "")
		w.look(dora.Token, "")
		wants(t, w.capacity(p.bob.Token, 5), fault.NotAllowed)
		w.clock.Advance(time.Second)
		if _, err := there.tryJoin("plans", "Eve"); fault.CodeOf(err) != fault.RoomFull {
			t.Fatal(err)
		}
		got := w.look(p.bob.Token, p.bob.Cursor)
		if n := len(got.Messages); n < 2 || got.Messages[n-1].Type != chat.EventKnocked || !got.SeatWanted {
			t.Errorf("Bob receives %+v", got)
		} else if m := got.Messages[n-2]; m.Type != chat.EventRole || m.Agent != "Bob" || m.Action != room.Promote || m.Reason != room.ReasonTimeout || m.By != "" {
			t.Errorf("Bob is told %+v", m)
		}
		wants(t, there.capacity(p.cid.Token, 5), fault.NotAllowed)
		if err := there.capacity(p.bob.Token, 5); err != nil {
			t.Fatal(err)
		}
		same(t, "seats", seats(w.join("plans", "Eve").Room), []string{"Ann (admin)", "Bob (admin)", "Cid (member)", "Dora (member)", "Eve (member)"})
		w.manage(p.ann.Token, room.Demote, "Bob", chat.StatusDemoted)
	})
}

// Only one becomes admin where several call, and who reads pays nothing.
func TestSuccession_membersCallAtOnce_oneBecomesAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		dora := w.join("plans", "Dora")
		w.clock.Advance(room.AdminSilent)
		w.look(dora.Token, "")
		w.look(p.bob.Token, "")
		there.look(p.cid.Token, "")
		var calls sync.WaitGroup
		for _, call := range []func(){
			func() { _ = w.capacity(p.bob.Token, 5) }, func() { _ = there.capacity(p.cid.Token, 6) },
			func() { _, _ = there.tryJoin("plans", "Eve") },
		} {
			calls.Go(call)
		}
		calls.Wait()
		for _, w := range services {
			if got := seats(w.info(p.ann.Token).Room); got[0] != "Ann (admin)" || (got[1] == "Bob (admin)") == (got[2] == "Cid (admin)") {
				t.Errorf("seats: %q", got)
			}
		}
	})
}

// Mallory waits until Ann, who made the room for ten, is silent. Nobody else ever came.
func TestSuccession_actingAdmin_letsNoAccompliceIntoTheSeatOfTheAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 10})
		mallory := there.join("plans", "Mallory")
		there.look(mallory.Token, mallory.Cursor)
		w.clock.Advance(room.AdminSilent)
		wants(t, there.capacity(mallory.Token, room.MinCapacity), fault.NotAllowed)
		_, err := there.tryJoin("plans", "Ann")
		wants(t, err, fault.NameTaken)
		news := there.look(mallory.Token, mallory.Cursor).Messages
		_, err = there.ManageAgent(t.Context(), chat.ManageRequest{Token: mallory.Token, Action: room.Readmit, ID: news[len(news)-1].ID})
		wants(t, err, fault.NotAllowed)
		same(t, "seats", seats(w.info(ann.Token).Room), []string{"Ann (admin)", "Mallory (admin)"})
	})
}

// The readers of a channel are anybody, and its admin says something now and then.
func TestSuccession_readersOfAChannel_doNotBecomeAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		w.create(chat.CreateRequest{Room: "news", AgentName: "Ann", Type: room.Channel, Public: true})
		bob := there.join("news", "Bob")
		w.clock.Advance(room.AdminSilent)
		there.look(bob.Token, bob.Cursor)
		wants(t, there.capacity(bob.Token, 10), fault.NotAllowed)
		_, err := w.tryJoin("news", "Cid")
		wants(t, err, fault.RoomFull)
		_, err = there.send(chat.SendRequest{Token: bob.Token, Text: "buy my coin"})
		wants(t, err, fault.NotAllowed)
	})
}
