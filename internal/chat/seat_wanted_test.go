package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

func TestSeatWanted_joinRefusedForAFullRoom_isReported(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 90*time.Second)
	m := w.look(p.ann.Token, p.ann.Cursor).Messages
	if len(m) != 1 || m[0].Type != chat.EventKnocked || m[0].Reason != room.ReasonRoomFull || m[0].Agent != "Cid" {
		t.Errorf("Ann receives %+v", m)
	}
}

// Agents must not learn who tried a name or a password, and banned agents cannot make
// themselves heard.
func TestSeatWanted_otherRefusals_areNotReported(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans:pw", "Ann")
	w.join("plans:pw", "Bob")
	w.manage(ann.Token, room.BanName, "Eve", chat.StatusBanned)
	for what, req := range map[string]chat.JoinRequest{
		"wrong password": {Room: "plans:px", AgentName: "Cid"},
		"no password":    {Room: "plans", AgentName: "Cid"},
		"banned":         {Room: "plans:pw", AgentName: "3ve"},
	} {
		t.Run(what, func(t *testing.T) {
			w.changesNothing(ann.Token, func() error { _, err := w.JoinRoom(t.Context(), req); return err })
		})
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
	waitsFor(t, err, fault.RoomFull, 90*time.Second)
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
