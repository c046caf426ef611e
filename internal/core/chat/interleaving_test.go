package chat_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// interrupted holds functions that run once in the middle of a call: after it has read
// where a name leads or the presence of the agents, or before it writes.
type interrupted struct {
	afterName, afterLook, beforeWrite func()
}

// over returns a table on top of below that runs the functions.
func (i *interrupted) over(below table.Table) *tabletest.Hooks {
	once := func(f *func()) {
		if happens := *f; happens != nil {
			*f = nil
			happens()
		}
	}
	return &tabletest.Hooks{
		Table: below,
		Before: func(_ context.Context, c tabletest.Call) error {
			if c.Method == tabletest.Write {
				once(&i.beforeWrite)
			}
			return nil
		},
		After: func(_ context.Context, c *tabletest.Call) {
			switch {
			case c.Method == tabletest.Get && strings.HasPrefix(c.Key.Partition, "NAME"):
				once(&i.afterName)
			case c.Method == tabletest.Query && strings.HasPrefix(c.Range.Prefix, "SEEN"):
				once(&i.afterLook)
			}
		},
	}
}

// onTop returns a service whose table runs the functions of i.
func (w *world) onTop(i *interrupted) *world {
	over := i.over(w.table)
	return &world{t: w.t, clock: w.clock, table: over,
		Service: chat.New(over, chat.Options{Clock: hurriedClock{w.clock}})}
}

func TestTakeover_ownerCallsDuringIt_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(2 * time.Minute)
	newcomer := w.onTop(&interrupted{afterLook: func() { w.look(p.bob.Token, "") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 15*time.Minute)
	same(t, "seats", seats(w.info(p.bob.Token).Room), []string{"Ann (admin)", "Bob (member)"})
}

func TestTakeover_ownerSpeaksDuringIt_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(2 * time.Minute)
	newcomer := w.onTop(&interrupted{afterLook: func() { w.say(p.bob.Token, "I am back") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 15*time.Minute)
}

func TestTakeover_ownerLeavesDuringIt_newcomerGetsTheSeat(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	newcomer := w.onTop(&interrupted{afterLook: func() { w.leave(p.bob.Token) }})
	same(t, "seats", seats(newcomer.join("plans", "Cid").Room), []string{"Ann (admin)", "Cid (member)"})
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages),
		[]string{"left Bob (left)", "joined Cid"})
}

func TestJoin_sameNameTakenDuringIt_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.pair()
	w.clock.Advance(2 * time.Minute) // Bob's lease has ended
	newcomer := w.onTop(&interrupted{afterLook: func() { w.join("plans", "Cid") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.NameTaken, time.Minute)
}

func TestJoin_lastAgentLeavesDuringIt_startsTheRoomOver(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	w.say(ann.Token, "for nobody else")
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.leave(ann.Token) }})
	bob := newcomer.join("plans", "Bob")
	if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] || bob.Earlier != 0 {
		t.Fatalf("Bob got %+v", bob)
	}
}

func TestJoin_roomCreatedDuringIt_isJoined(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Ann") }})
	bob := newcomer.join("plans", "Bob")
	same(t, string(bob.Status), seats(bob.Room), []string{"Ann (admin)", "Bob (member)"})
}

func TestCreate_roomCreatedDuringIt_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Ann") }})
	_, err := newcomer.CreateRoom(t.Context(), chat.CreateRequest{Room: "plans", AgentName: "Bob"})
	wants(t, err, fault.RoomExists)
}

// Of two processes that start a deserted room over, the second joins the room of the
// first.
func TestJoin_roomStartedOverDuringIt_isJoined(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.leave(w.join("plans", "Ann").Token)
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Bob") }})
	cid := newcomer.join("plans", "Cid")
	same(t, string(cid.Status), seats(cid.Room), []string{"Bob (admin)", "Cid (member)"})
}

func TestLeave_seatTakenOverDuringIt_returnsAlreadyLeft(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(2 * time.Minute)
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.ann.Token) // caches the room with Bob
	middle.beforeWrite = func() { w.join("plans", "Cid") }
	if got, err := late.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
		got.Status != chat.StatusAlreadyLeft {
		t.Fatalf("Bob leaves: %+v, %v", got, err)
	}
}

func TestInfo_roomStartedOverDuringIt_describesTheNewOne(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	looker := w.onTop(&interrupted{afterName: func() {
		w.leave(ann.Token)
		w.join("plans", "Bob")
	}})
	got, err := looker.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "seats", seats(got.Room), []string{"Bob ()"})
}

func TestJoin_roomStartedOverAfterItsNameWasRead_joinsTheNewOne(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	newcomer := w.onTop(&interrupted{afterName: func() {
		w.leave(ann.Token)
		w.join("plans", "Bob")
	}})
	same(t, "seats", seats(newcomer.join("plans", "Cid").Room), []string{"Bob (admin)", "Cid (member)"})
}
