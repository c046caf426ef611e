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
