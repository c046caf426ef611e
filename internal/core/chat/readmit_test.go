package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// readmit has the owner of a token readmit the agent of the last knock that it sees.
func (w *world) readmit(token string) (chat.Managed, error) {
	w.t.Helper()
	knock := ""
	for _, m := range w.all(token) {
		if m.Type == chat.EventKnocked {
			knock = m.ID
		}
	}
	return w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: token, ID: knock, Action: room.Readmit})
}

// readmits is readmit for one that must succeed.
func (w *world) readmits(token string) {
	w.t.Helper()
	if got, err := w.readmit(token); err != nil || got.Status != chat.StatusReadmitted {
		w.t.Fatalf("got %+v, %v", got, err)
	}
}

// lostBob is a room in which Bob has lost his token after he said something, and knocks.
func lostBob(w *world) company {
	w.t.Helper()
	p := w.company()
	w.say(p.bob.Token, "Bob was here")
	w.tell(p.bob.Token, "for Ann's eyes", "Ann")
	w.clock.Advance(time.Second)
	w.refusal(w.t.Context(), "plans", "bob", fault.NameTaken)
	return p
}

// The helper need not come back: the name is let go at once, and changes hands once its seat has
// been silent.
func TestReadmit_byAnAdmin_takesEffectOnceTheSeatIsSilent(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := lostBob(w)
		there.readmits(p.ann.Token)
		w.readmits(p.ann.Token) // and once more
		w.clock.Advance(room.LetGoSilent - 2*time.Second)
		if e := there.refusal(t.Context(), "plans", "bob", fault.NameTaken); e.RetryAfter != time.Second {
			t.Errorf("again after %s", e.RetryAfter)
		}
		w.clock.Advance(time.Second)
		back := there.join("plans", "bob")
		if back.Status != chat.StatusJoined || back.Hidden != 0 {
			t.Errorf("Bob gets %+v", back)
		}
		same(t, "seats", seats(back.Room), []string{"Ann (admin)", "Cid (member)", "bob (member)"})
		same(t, "he reads back", texts(w.all(back.Token)), []string{"Bob was here"})
		_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "it is me"})
		wants(t, err, fault.Removed)
		news := lines(w.look(p.ann.Token, p.ann.Cursor).Messages)
		same(t, "Ann sees", news[len(news)-2:], []string{"left Bob (timeout)", "joined bob"})
	})
}

func TestReadmit_knock_wakesTheRoomAndSaysWhy(t *testing.T) {
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
		t.Error("Cid, a member among three, cannot readmit")
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); !got.NameWanted {
		t.Error("Ann can readmit, and is not told so")
	}
}

// An impostor took the name that was let go for Bob. Those here see Bob's own knock, though
// its name has knocked in the last ten minutes.
func TestReadmit_ownerOfANameThatChangedHands_knocks(t *testing.T) {
	w := newWorld(t)
	p := lostBob(w)
	w.readmits(p.ann.Token)
	w.clock.Advance(room.LetGoSilent)
	impostor := w.join("plans", "Bob")
	w.look(impostor.Token, "")
	cursor := w.look(p.ann.Token, "").Cursor
	w.clock.Advance(time.Second)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	if got := w.look(p.ann.Token, cursor); !got.NameWanted {
		t.Errorf("Ann sees %v", lines(got.Messages))
	}
	w.readmits(p.ann.Token)
	w.clock.Advance(room.LetGoSilent)
	back := w.join("plans", "Bob")
	_, err := w.send(chat.SendRequest{Token: impostor.Token, Text: "it is me"})
	wants(t, err, fault.Removed)
	w.look(back.Token, "")
}

// Bob is alive, and waits while somebody asks for his name. His wait began before, so it does
// not count: he is told to make a call, and by that keeps his seat.
func TestReadmit_ofAnAgentThatWaits_tellsItToCall(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	cursor := w.look(p.bob.Token, p.bob.Cursor).Cursor
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Wait: time.Minute, ForMe: true})
	w.clock.Advance(time.Second)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	got := take(t, waiting)
	if !got.Asked {
		t.Error("Bob is not told")
	}
	w.readmits(p.ann.Token)
	w.clock.Advance(room.LetGoSilent - time.Second)
	got = w.look(p.bob.Token, got.Cursor)
	if got.Asked {
		t.Error("Bob has called, and is told again")
	}
	w.clock.Advance(room.LetGoSilent)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	if got := w.look(p.ann.Token, p.ann.Cursor); got.Asked {
		t.Error("Ann is told, whose name nobody wants")
	}
}

// The table takes no Write while Bob calls: his next call says so once more.
func TestReadmit_callThatWasNotWritten_isWrittenByTheNext(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	two, failed := w.presenceFails(func(c tabletest.Call, failed int) bool {
		return c.Method == tabletest.Write && failed == 0
	})
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(time.Second)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	w.readmits(p.ann.Token)
	two.look(p.bob.Token, "")
	if failed() != 1 {
		t.Fatalf("%d writes failed", failed())
	}
	two.look(p.bob.Token, "")
	w.clock.Advance(room.LetGoSilent)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
}

// Ann is taken in, and lets the name of an agent go that is alive. Its call was due to be
// written only after a minute. What it says is in the log, so that Ann is refused.
func TestReadmit_seatCallsMeanwhile_keepsItsSeat(t *testing.T) {
	call := map[string]func(w *world, p company){
		"looks": func(w *world, p company) { w.look(p.bob.Token, "") },
		"says":  func(w *world, p company) { w.say(p.bob.Token, "busy") },
		"reads": func(w *world, p company) { w.history(p.bob.Token, chat.HistoryRequest{}) },
		"says what is held back": func(w *world, p company) {
			w.tell(p.ann.Token, "are you there?", "Bob")
			got, err := w.send(chat.SendRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Text: "what?"})
			if err != nil || got.Sent {
				w.t.Errorf("sent: %v, %v", got.Sent, err)
			}
		},
	}
	for what, before := range map[string]bool{"before the name is let go": true, "after it": false} {
		for how, calls := range call {
			t.Run(how+" "+what, func(t *testing.T) {
				onEachTable(t, func(t *testing.T, services ...*world) {
					w, there := services[0], services[len(services)-1]
					p := lostBob(w)
					w.clock.Advance(time.Second)
					if before {
						calls(w, p)
					}
					if _, err := there.readmit(p.ann.Token); before && how == "says" {
						wants(t, err, fault.NotAllowed)
					} else if err != nil {
						t.Fatal(err)
					}
					w.clock.Advance(time.Second)
					if !before {
						calls(w, p)
					}
					w.clock.Advance(5 * time.Minute)
					there.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
					w.say(p.bob.Token, "I am still here")
				})
			})
		}
	}
}

// A program that waits for an agent says nothing of the agent.
func TestReadmit_itsProgramWaitsMeanwhile_isLetIn(t *testing.T) {
	w := newWorld(t)
	p := lostBob(w)
	w.readmits(p.ann.Token)
	cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
	ctx, cancel := context.WithCancel(t.Context())
	waiting := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: cursor, Wait: time.Minute, Standby: true,
		Peek: true, ForMe: true})
	cancel()
	<-waiting
	w.clock.Advance(room.LetGoSilent)
	w.elsewhere().join("plans", "Bob")
}

// A second let go does not undo what the owner did after the knock; a later knock begins again.
func TestReadmit_onceMore_theCallBeforeStillCounts(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := lostBob(w)
		there.readmits(p.ann.Token)
		w.clock.Advance(time.Second)
		w.look(p.bob.Token, "")
		there.readmits(p.ann.Token)
		w.clock.Advance(room.LetGoSilent)
		there.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
		w.clock.Advance(room.KnockWindow - room.LetGoSilent)
		there.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
		there.readmits(p.ann.Token)
		there.join("plans", "Bob")
	})
}
