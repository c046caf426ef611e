package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// Bob has lost his token. The refusal says who can help. A kick frees his name at once, and he sees what a newcomer
// sees.
func TestKnock_ofOneThatLostItsToken_aKickFreesTheName(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.say(p.bob.Token, "Bob was here")
		w.tell(p.bob.Token, "for Ann's eyes", "Ann")
		cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
		if e := there.refusal(t.Context(), "plans", "bob", fault.NameTaken); e.RetryAfter != time.Minute ||
			!strings.Contains(e.Error(), "once an admin kicks that agent") {
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
	if got.Situation.NameWanted {
		t.Error("Cid, a member among three, cannot kick")
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); !got.Situation.NameWanted {
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
	if got := w.look(p.ann.Token, cursor); !got.Situation.NameWanted {
		t.Errorf("Ann sees %v", lines(got.Messages))
	}
}

// refuseEvents fails every write of an event.
func refuseEvents(_ context.Context, c tabletest.Call) error {
	for _, op := range c.Ops {
		if strings.HasPrefix(op.Item.Key.Sort, "LOG#") {
			return fmt.Errorf("%w: no more events today", table.ErrUnavailable)
		}
	}
	return nil
}

func TestSeatWanted_writeFails_joinIsStillRefusedAsFull(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	deaf := &tabletest.Hooks{Table: w.table, Before: refuseEvents}
	_, err := onTable(t, w.clock, deaf, chat.Options{SingleProcess: true}).tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, room.UnusedLease)
	if got := len(w.events(p.ann.Token)); got != 2 {
		t.Errorf("%d events", got)
	}
}

// The report must be true when it is written.
func TestSeatWanted_roomChangesDuringTheJoin_isNotReported(t *testing.T) {
	for what, happens := range map[string]func(w *world, p pair){
		"a seat is free":     func(w *world, p pair) { w.leave(p.bob.Token) },
		"the room is larger": func(w *world, p pair) { w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 3}) },
		"it has another name": func(w *world, p pair) {
			w.update(chat.UpdateRequest{Token: p.ann.Token, Room: "plots"})
		},
		"it is closed":       func(w *world, p pair) { w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true}) },
		"the name is banned": func(w *world, p pair) { w.manage(p.ann.Token, room.BanName, "Cid", chat.StatusBanned) },
		"six others were faster": func(w *world, _ pair) {
			for _, name := range []string{"Dora", "Eve", "Fay", "Gil", "Hal", "Ida"} {
				_, err := w.tryJoin("plans", name)
				wants(w.t, err, fault.RoomFull)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w = w.elsewhere()
			p := w.pair()
			newcomer := w.onTop(&interrupted{beforeWrite: func() { happens(w, p) }})
			_, err := newcomer.tryJoin("plans", "Cid")
			wants(t, err, fault.RoomFull)
			for _, e := range w.events(p.ann.Token) {
				if e.Type == "knock" && e.Name == "Cid" {
					t.Errorf("reported by event %d", e.n)
				}
			}
		})
	}
}
