package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// vouch has the owner of a token readmit the agent of the last knock that it sees.
func (w *world) vouch(token string) (chat.Managed, error) {
	w.t.Helper()
	knock := ""
	for _, m := range w.all(token) {
		if m.Type == chat.EventKnocked {
			knock = m.ID
		}
	}
	return w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: token, ID: knock, Action: room.Readmit})
}

// vouches is vouch for one that must succeed.
func (w *world) vouches(token string) {
	w.t.Helper()
	if got, err := w.vouch(token); err != nil || got.Status != chat.StatusVouched {
		w.t.Fatalf("got %+v, %v", got, err)
	}
}

// lostBob is a room in which Bob has lost his token after he said something, and knocks
// a minute later with the pending token.
func lostBob(w *world) (p company, pending string) {
	w.t.Helper()
	p = w.company()
	w.say(p.bob.Token, "Bob was here")
	w.tell(p.bob.Token, "for Ann's eyes", "Ann")
	w.clock.Advance(room.VouchSilent)
	return p, w.refusal(w.t.Context(), "plans", "bob", fault.NameTaken).Token
}

func TestVouch_byAnAdmin_givesTheSeatBackToWhoKnocked(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pending := lostBob(w)
		if pending == "" {
			t.Fatal("no pending token")
		}
		_, err := there.JoinRoom(t.Context(), chat.JoinRequest{Token: pending})
		wants(t, err, fault.NameTaken) // nobody has vouched yet
		there.vouches(p.ann.Token)
		if got, err := w.vouch(p.ann.Token); err != nil || got.Status != chat.StatusNoChange {
			t.Errorf("once more: %+v, %v", got, err)
		}
		back := w.enter(chat.JoinRequest{Token: pending})
		if back.Status != chat.StatusReadmitted || back.Token != pending || back.Hidden != 0 {
			t.Errorf("Bob gets %+v", back)
		}
		same(t, "seats", seats(back.Room), []string{"Ann (admin)", "Bob (member)", "Cid (member)"})
		same(t, "he reads back", texts(there.all(back.Token)), []string{"Bob was here", "for Ann's eyes"})
		_, err = there.send(chat.SendRequest{Token: p.bob.Token, Text: "it is me"})
		wants(t, err, fault.Removed)
		if again := there.enter(chat.JoinRequest{Token: pending}); again.Status != chat.StatusReturned {
			t.Errorf("and once more %+v", again.Status)
		}
	})
}

func TestVouch_knock_wakesTheRoomAndSaysWhy(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: cursor, Wait: time.Minute, ForMe: true})
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	got := take(t, waiting)
	if m := got.Messages[0]; m.Type != chat.EventKnocked || m.Agent != "Bob" || m.Reason != room.ReasonNameTaken {
		t.Errorf("Cid receives %+v", m)
	}
	if got.NameWanted {
		t.Error("Cid, a member among three, cannot vouch")
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); !got.NameWanted {
		t.Error("Ann can vouch, and is not told so")
	}
}

func TestVouch_twoTalk_theOtherOneMayVouch_butForNoRole(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "Ann was here") // Ann, the admin, has lost her token
	w.clock.Advance(time.Minute)
	pending := w.refusal(t.Context(), "plans", "Ann", fault.NameTaken).Token
	w.vouches(p.bob.Token)
	back := w.enter(chat.JoinRequest{Token: pending})
	if back.Status != chat.StatusReadmitted {
		t.Errorf("Ann gets %q", back.Status)
	}
	for _, a := range back.Room.Agents {
		if a.Name == "Ann" && a.Role == room.Admin {
			t.Error("a member's word gave Ann the role of an admin")
		}
	}
}

func TestVouch_byAMemberAmongThree_isRefused(t *testing.T) {
	w := newWorld(t)
	p, _ := lostBob(w)
	_, err := w.vouch(p.cid.Token)
	wants(t, err, fault.NotAllowed)
}

func TestVouch_seatIsAlive_isRefused(t *testing.T) {
	for what, calls := range map[string]func(w *world, p company){
		"called after the knock": func(w *world, p company) {
			w.clock.Advance(time.Second)
			w.look(p.bob.Token, "")
			w.clock.Advance(2 * time.Minute)
		},
		"waits": func(w *world, p company) { w.hold(p.bob) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p, pending := lostBob(w)
			calls(w, p)
			_, err := w.vouch(p.ann.Token)
			wants(t, err, fault.NotAllowed)
			_, err = w.JoinRoom(t.Context(), chat.JoinRequest{Token: pending})
			wants(t, err, fault.NameTaken)
			w.look(p.bob.Token, "") // still has its seat
		})
	}
}

func TestVouch_seatSilentForLessThanAMinute_isToldWhenToTryAgain(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.bob.Token, "Bob was here")
	w.clock.Advance(40 * time.Second)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	_, err := w.vouch(p.ann.Token)
	waitsFor(t, err, fault.NotAllowed, 20*time.Second)
	w.clock.Advance(20 * time.Second)
	w.vouches(p.ann.Token)
}

// The agent is alive after all, and speaks before the other one comes in.
func TestVouch_seatCallsAfterTheVouch_keepsItsSeat(t *testing.T) {
	w := newWorld(t)
	p, pending := lostBob(w)
	w.vouches(p.ann.Token)
	w.clock.Advance(time.Second)
	w.say(p.bob.Token, "what is this?")
	_, err := w.JoinRoom(t.Context(), chat.JoinRequest{Token: pending})
	wants(t, err, fault.NameTaken)
	w.say(p.bob.Token, "I am still here")
}

func TestVouch_tenMinutesAreOver_isTooLate(t *testing.T) {
	w := newWorld(t)
	p, pending := lostBob(w)
	w.vouches(p.ann.Token)
	w.clock.Advance(room.KnockWindow)
	_, err := w.JoinRoom(t.Context(), chat.JoinRequest{Token: pending})
	wants(t, err, fault.TokenInvalid)
	w = newWorld(t)
	p, _ = lostBob(w)
	w.clock.Advance(room.KnockWindow)
	_, err = w.vouch(p.ann.Token)
	wants(t, err, fault.InvalidArgument)
}

func TestVouch_pendingToken_doesNothingElse(t *testing.T) {
	w := newWorld(t)
	_, pending := lostBob(w)
	for call, err := range everyCall(w, pending) {
		want := fault.TokenInvalid
		if call == "join" {
			want = fault.NameTaken
		}
		if fault.CodeOf(err) != want {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestVouch_otherMessageThanAKnock_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.say(p.bob.Token, "no knock").ID
	_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, ID: id, Action: room.Readmit})
	wants(t, err, fault.InvalidArgument)
}

func TestReadmit_replacedSeat_isMarkedNoLonger(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.clock.Advance(2 * time.Minute)
	w.join("plans", "Bob")
	if a := agentIn(t, w.info(p.ann.Token).Room, "Bob"); !a.Replaced {
		t.Fatalf("Bob is %+v", a)
	}
	w.manage(p.ann.Token, room.Readmit, "Bob", chat.StatusVouched)
	for _, w := range []*world{w, w.elsewhere()} {
		if a := agentIn(t, w.info(p.ann.Token).Room, "Bob"); a.Replaced {
			t.Errorf("Bob is %+v", a)
		}
	}
}
