package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// Bob falls silent, and a stranger takes his name. Ann, who speaks to Bob in private,
// is told so once before she tells him anything.
func TestUnproven_addressee_holdsBackOnceWhatWasNotSent(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		before := chat.SendRequest{Token: p.ann.Token, Text: "for Bob's eyes", To: []string{"Bob"}, Key: "k"}
		first := w.sends(before)
		w.clock.Advance(3 * time.Minute)
		there.join("plans", "Bob")
		if got := there.sends(before); got.ID != first.ID || !got.Duplicate {
			t.Errorf("the message that was sent comes again: %+v", got)
		}
		after := chat.SendRequest{Token: p.ann.Token, Text: "for the new Bob", To: []string{"Bob"}}
		for i, w := range []*world{w, there} {
			if got, err := w.send(after); err != nil || got.Sent != (i > 0) || got.Unproven == got.Sent || len(got.Messages) > 0 && i == 0 {
				t.Errorf("call %d: %+v, %v", i+1, got, err)
			}
		}
	})
}

func TestUnproven_addressee_holdsBackInEveryRoomWithAndWithoutACursor(t *testing.T) {
	for what, capacity := range map[string]int{"of two": 2, "of three": 3, "of five": 5} {
		for _, named := range []bool{false, true} {
			w := newWorld(t)
			ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: capacity})
			for _, name := range []string{"Bob", "Cid", "Dora", "Eve"}[:capacity-1] {
				w.join("plans", name)
			}
			w.clock.Advance(2 * time.Minute)
			w.join("plans", "Bob")
			req := chat.SendRequest{Token: ann.Token, Text: "for Bob's eyes", To: []string{"Bob"}}
			if named {
				req.Cursor = w.look(ann.Token, ann.Cursor).Cursor
			}
			for i := range 3 { // the third repeats the second
				if got, err := w.send(req); err != nil || got.Sent != (i > 0) || got.Unproven != (i == 0) || got.Duplicate != (i == 2) {
					t.Errorf("room %s, cursor %t, call %d: %+v, %v", what, named, i+1, got, err)
				}
			}
		}
	}
}

func TestUnproven_addressee_isNoReasonToTellARefusedSender(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.clock.Advance(3 * time.Minute)
		w.look(p.ann.Token, p.ann.Cursor)
		w.look(p.cid.Token, p.cid.Cursor)
		w.join("plans", "Bob")
		there.look(p.cid.Token, p.cid.Cursor)
		private := chat.SendRequest{Token: p.cid.Token, Text: "for Bob's eyes", To: []string{"Bob"}}
		w.manage(p.ann.Token, room.Mute, "Cid", chat.StatusMuted)
		_, err := there.send(private)
		wants(t, err, fault.NotAllowed)
		w.manage(p.ann.Token, room.Kick, "Cid", chat.StatusKicked)
		_, err = there.send(private)
		wants(t, err, fault.Removed)
	})
}

// A stranger that took Bob's name leaves and joins again, to be rid of the mark.
func TestUnproven_whoLeavesAndJoinsAgain_keepsTheMarkForAnHour(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		shows := func(got chat.Seated, status chat.JoinStatus, want bool) {
			t.Helper()
			if got.Status != status {
				t.Errorf("the status is %q, want %q", got.Status, status)
			}
			for _, a := range there.info(p.ann.Token).Room.Agents {
				if a.Name == "Bob" && a.Replaced != want {
					t.Errorf("Bob is shown as replaced: %v, want %v", a.Replaced, want)
				}
			}
		}
		w.clock.Advance(3 * time.Minute)
		bob := there.join("plans", "Bob")
		for range 2 {
			w.leave(bob.Token)
			bob = there.join("plans", "Bob")
			shows(bob, chat.StatusReplaced, true)
		}
		w.leave(bob.Token)
		w.clock.Advance(time.Hour)
		w.look(p.ann.Token, "")
		shows(w.join("plans", "Bob"), chat.StatusJoined, false)
	})
}
