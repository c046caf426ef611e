package chat_test

import (
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// adminCalls returns the calls that only admins may make.
func adminCalls(w *world, token string) map[string]func() error {
	ctx := w.t.Context()
	calls := map[string]func() error{
		"update": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Description: "mine"})
			return err
		},
		"close": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Close: true})
			return err
		},
	}
	for _, action := range []room.Action{room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName,
		room.Unban} {
		calls[string(action)] = func() error {
			_, err := w.ManageAgent(ctx, chat.ManageRequest{Token: token, Agents: []string{"Cid"}, Action: action})
			return err
		}
	}
	return calls
}

func TestAdmin_demotedDuringItsCall_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.trio()
	w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.bob.Token)
	all := adminCalls(late, p.bob.Token)
	// those that would change something
	for _, what := range []string{"update", "close", "promote", "mute", "kick", "ban"} {
		middle.beforeWrite = func() { w.manage(p.ann.Token, room.Demote, "Bob", chat.StatusDemoted) }
		if err := all[what](); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", what, err)
		}
		w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	}
	same(t, "nothing was done", seats(w.info(p.ann.Token).Room), []string{"Ann (admin)", "Bob (admin)", "Cid (member)"})
}

// capacity sets how many agents may have a seat.
func (w *world) capacity(token string, n int) error {
	_, err := w.UpdateRoom(w.t.Context(), chat.UpdateRequest{Token: token, Capacity: n})
	return err
}

// Ann, the only admin, is silent for a day, and Eve finds no seat. Bob can make room for her.
func TestSuccession_adminIsSilent_whoNeedsAnAdminBecomesOne(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
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
		wants(t, there.capacity(p.cid.Token, 5), fault.NotAllowed) // Bob is here longer
		if err := there.capacity(p.bob.Token, 5); err != nil {
			t.Fatal(err)
		}
		got := w.look(p.cid.Token, p.cid.Cursor)
		if n := len(got.Messages); n < 1 {
			t.Errorf("Cid receives %+v", got)
		} else if m := got.Messages[n-2]; m.Type != chat.EventRole || m.Agent != "Bob" || m.Action != room.Promote ||
			m.Reason != room.ReasonTimeout || m.By != "" {
			t.Errorf("Cid is told %+v", m)
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

func TestSuccession_lastAdminLeaves_longestSeatedBecomesAdminByThatEvent(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	before := len(w.events(p.ann.Token))
	left, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.ann.Token, Text: "Bob goes on"})
	if err != nil || left.NewAdmin != "Bob" {
		t.Errorf("Ann is told %+v, %v", left, err)
	}
	if after := len(w.events(p.ann.Token)); after != before+2 {
		t.Errorf("%d events became %d", before, after)
	}
	for _, w := range []*world{w, w.elsewhere()} {
		same(t, "seats", seats(w.info(p.cid.Token).Room), []string{"Bob (admin)", "Cid (member)"})
	}
	if got := w.look(p.cid.Token, p.cid.Cursor).Messages; len(got) != 2 || got[1].Agent != "Ann" ||
		got[1].NewAdmin != "Bob" {
		t.Errorf("Cid receives %+v", got)
	}
}

func TestSuccession_lastAdminLeaves_agentThatIsPresentComesFirst(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.clock.Advance(time.Hour)
	w.look(p.cid.Token, "")
	left, err := w.elsewhere().LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.ann.Token})
	if err != nil || left.NewAdmin != "Cid" {
		t.Errorf("Bob is silent: Ann is told %+v, %v", left, err)
	}
}

// Of two, Bob needs no more than sixteen minutes without Ann. He kicks her as an admin does, and she comes back as a
// newcomer.
func TestSuccession_ofTwo_theOtherBecomesAdminAfterSixteenMinutesAndKicks(t *testing.T) {
	w := newWorld(t).elsewhere()
	p := w.pair()
	w.look(p.ann.Token, "")
	kick := chat.ManageRequest{Token: p.bob.Token, Agents: []string{"Ann"}, Action: room.Kick}
	w.clock.Advance(room.AdminSilentPair - time.Second)
	_, err := w.ManageAgent(t.Context(), kick)
	wants(t, err, fault.NotAllowed)
	w.clock.Advance(time.Second)
	if _, err := w.elsewhere().ManageAgent(t.Context(), kick); err != nil {
		t.Fatal(err)
	}
	_, err = w.Wait(t.Context(), chat.WaitRequest{Token: p.ann.Token})
	wants(t, err, fault.Removed)
	ann := w.join("plans", "Ann")
	same(t, "seats", seats(ann.Room), []string{"Bob (admin)", "Ann (member)"})
	if len(ann.Messages) > 0 {
		t.Errorf("the newcomer sees %+v", ann.Messages)
	}
}

// What Ann drafts is no message in the log, so another process learns that she is there from what is written of her.
func TestSuccession_ofTwo_theAdminsDraftsCount(t *testing.T) {
	w := newWorld(t).elsewhere()
	p := w.pair()
	w.approves(w.person(p.ann), true)
	for _, text := range []string{"one", "two", "three", "four"} {
		w.drafts(chat.SendRequest{Token: p.ann.Token, Text: text})
		w.clock.Advance(70 * time.Second)
	}
	w.clock.Advance(room.AdminSilentPair - 70*time.Second - time.Second)
	wants(t, w.elsewhere().capacity(p.bob.Token, 5), fault.NotAllowed)
}
