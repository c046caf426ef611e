package chat_test

import (
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// capacity sets how many agents may have a seat.
func (w *world) capacity(token string, n int) error {
	_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, Capacity: n})
	return err
}

// Ann, the only admin, is silent for a day, and Eve finds no seat. Bob can make room for her.
func TestSuccession_adminIsSilent_whoNeedsAnAdminBecomesOne(t *testing.T) {
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
		w.look(p.bob.Token, "")
		wants(t, there.capacity(p.cid.Token, 5), fault.NotAllowed) // that needs one, and Bob is here longer
		got := w.look(p.bob.Token, p.bob.Cursor)
		if n := len(got.Messages); n < 1 {
			t.Errorf("Bob receives %+v", got)
		} else if m := got.Messages[n-1]; m.Type != chat.EventRole || m.Agent != "Bob" || m.Action != room.Promote ||
			m.Reason != room.ReasonTimeout || m.By != "" {
			t.Errorf("Bob is told %+v", m)
		}
		if err := there.capacity(p.bob.Token, 5); err != nil {
			t.Fatal(err)
		}
		same(t, "seats", seats(w.join("plans", "Eve").Room),
			[]string{"Ann (admin)", "Bob (admin)", "Cid (member)", "Dora (member)", "Eve (member)"})
		w.manage(p.ann.Token, room.Demote, "Bob", chat.StatusDemoted)
	})
}

// Only one becomes admin where several call.
func TestSuccession_membersCallAtOnce_oneBecomesAdmin(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.clock.Advance(room.AdminSilent)
		w.look(p.bob.Token, "")
		there.look(p.cid.Token, "")
		var calls sync.WaitGroup
		for _, call := range []func(){
			func() { _ = w.capacity(p.bob.Token, 5) }, func() { _ = there.capacity(p.cid.Token, 6) },
		} {
			calls.Go(call)
		}
		calls.Wait()
		for _, w := range services {
			if got := seats(w.info(p.ann.Token).Room); got[0] != "Ann (admin)" ||
				(got[1] == "Bob (admin)") == (got[2] == "Cid (admin)") {
				t.Errorf("seats: %q", got)
			}
		}
	})
}
