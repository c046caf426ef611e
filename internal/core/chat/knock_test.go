package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// Bob has lost his token. The refusal says who can help. A kick frees his name at once, and he sees what a newcomer
// sees.
func TestKnock_ofOneThatLostItsToken_aKickFreesTheName(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.say(p.bob.Token, "Bob was here")
		w.tell(p.bob.Token, "for Ann's eyes", "Ann")
		cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
		if e := there.refusal(t.Context(), "plans", "bob", fault.NameTaken); e.RetryAfter != time.Minute ||
			!strings.Contains(e.Error(), "once an admin (of two, the other agent) kicks that agent") {
			t.Errorf("he is refused: %v, after %s", e, e.RetryAfter)
		}
		there.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
		back := there.join("plans", "bob")
		same(t, "seats", seats(back.Room), []string{"Ann (admin)", "Cid (member)", "bob (member)"})
		same(t, "he reads back", texts(w.all(back.Token)), nil)
		_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "it is me"})
		wants(t, err, fault.Removed)
		same(t, "Cid sees", lines(w.look(p.cid.Token, cursor).Messages),
			[]string{"knock bob", "left Bob (kicked)", "joined bob"})
	})
}

func TestKnock_wakesTheRoomAndSaysWhy(t *testing.T) {
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
		t.Error("Cid, a member among three, cannot kick")
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); !got.NameWanted {
		t.Error("Ann can kick, and is not told so")
	}
}

// An impostor took the name that was free. Those here see Bob's own knock, though its name has knocked in the last ten
// minutes.
func TestKnock_forANameThatChangedHands_isSeenAgain(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	w.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
	w.join("plans", "Bob")
	cursor := w.look(p.ann.Token, "").Cursor
	w.clock.Advance(time.Second)
	w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
	if got := w.look(p.ann.Token, cursor); !got.NameWanted {
		t.Errorf("Ann sees %v", lines(got.Messages))
	}
}
