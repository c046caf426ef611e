package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestSuccession_lastAdminLeaves_longestSeatedBecomesAdmin(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	bob, cid := w.join("plans", "Bob"), w.join("plans", "Cid")
	w.leave(bob.Token)
	same(t, "a member left", seats(w.info(cid.Token).Room), []string{"Ann (admin)", "Cid (member)"})
	dora := w.join("plans", "Dora")
	w.leave(ann.Token)
	for _, w := range []*world{w, w.elsewhere()} {
		same(t, "the admin left", seats(w.info(dora.Token).Room), []string{"Cid (admin)", "Dora (member)"})
	}
}

func TestSuccession_isPartOfTheLeaveEvent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.ann.Token)
	log, err := readLog(t.Context(), w.table, p.ann.Token[:7])
	if err != nil {
		t.Fatal(err)
	}
	if n := len(log.events); n != 3 || log.events[2].Type != "left" {
		t.Fatalf("%d events: %+v", n, log.events)
	}
}

func TestSuccession_newAdmin_hasAnAdminsRights(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "news", AgentName: "Ann", Type: room.Channel})
	bob := w.join("news", "Bob")
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "may I?"})
	wants(t, err, fault.NotAllowed)
	w.leave(ann.Token)
	w.say(bob.Token, "now I may")
}

func TestSuccession_adminSilentForADay_losesSeatAndRole(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(23 * time.Hour)
	w.look(p.bob.Token, "")
	w.clock.Advance(time.Hour)
	w.look(p.bob.Token, "")
	cid := w.join("plans", "Cid")
	same(t, "seats", seats(cid.Room), []string{"Bob (admin)", "Cid (member)"})
}

// The presence stored before the promotion has a member's lifetime and expires.
func TestSuccession_newAdmin_hasAnAdminsLease(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(25 * time.Hour)
	w.look(p.bob.Token, "")
	w.leave(p.ann.Token)
	w.clock.Advance(16 * time.Minute)
	cid := w.join("plans", "Cid")
	w.look(cid.Token, "")
	for _, w := range []*world{w, w.elsewhere()} {
		_, err := w.tryJoin("plans", "Dora")
		wants(t, err, fault.RoomFull)
	}
	w.clock.Advance(24 * time.Hour)
	w.look(cid.Token, "")
	same(t, "seats", seats(w.elsewhere().join("plans", "Dora").Room), []string{"Cid (admin)", "Dora (member)"})
}

func TestSuccession_adminThatReturnsWithinADay_isStillAdmin(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.clock.Advance(23 * time.Hour)
	w.look(p.cid.Token, "")
	w.leave(p.bob.Token)
	got := w.enter(chat.JoinRequest{Token: p.ann.Token})
	same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Cid (member)"})
}

func TestSuccession_leaveMessage_namesTheNewAdmin(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.ann.Token)
	if got := w.look(p.bob.Token, p.bob.Cursor).Messages; len(got) != 1 || got[0].NewAdmin != "Bob" {
		t.Errorf("got %+v", got)
	}
}
