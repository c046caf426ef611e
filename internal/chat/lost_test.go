package chat_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// replyLost is a table of which the replies to writes under a key that ends so are
// lost, once.
type replyLost struct {
	table.Table
	prefix string
}

func (l *replyLost) Write(ctx context.Context, ops ...table.Op) error {
	err := l.Table.Write(ctx, ops...)
	for _, op := range ops {
		if k := op.Item.Key.Sort; l.prefix != "" && len(k) >= len(l.prefix) && k[:len(l.prefix)] == l.prefix {
			l.prefix = ""
			return fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
		}
	}
	return err
}

func (w *world) overLossy(l *replyLost) *world {
	l.Table = w.table
	return &world{t: w.t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})}
}

// TestWait_replyOfItsPlaceLost: "repeating the call is safe", says the refusal.
func TestWait_replyOfItsPlaceLost_newsIsNotLost(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob := w.overLossy(&replyLost{prefix: "AT#"})
	got, err := bob.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
	if err != nil {
		wants(t, err, chat.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob hears", texts(got.Messages), []string{"for Bob"})
}

// TestSend_replyLost_withAKey: nobody said it before.
func TestSend_withAKeyAndItsReplyLost_isNoDuplicateOfItself(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	bob := w.overLossy(&replyLost{prefix: "LOG#"})
	got, err := bob.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"})
	if err == nil && got.Duplicate {
		t.Errorf("the first call is told %+v", got)
	}
}

// lateTable lets something happen between the look at the room that a call begins
// with and its reading of what is new.
type lateTable struct {
	table.Table
	queries int
	at      int
	happens func()
}

func (l *lateTable) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if r.Prefix == "LOG#" {
		if l.queries++; l.queries == l.at && l.happens != nil {
			l.happens()
		}
	}
	return l.Table.Query(ctx, r)
}

// TestWait_somebodyComesMeanwhile: who is told that Cid joined is told that Cid is
// there. The service is a new one, which has the last 25 events in memory.
func TestWait_somebodyComesMeanwhile_whoIsThereFitsTheNews(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 5})
	bob := w.join("plans", "Bob")
	for i := range 30 {
		w.say(bob.Token, fmt.Sprintf("message %d", i))
	}
	l := &lateTable{Table: w.table, at: 2, happens: func() { w.join("plans", "Cid") }}
	late := &world{t: t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})}
	got := late.look(ann.Token, ann.Cursor)
	told := lines(got.Messages)
	if told[len(told)-1] != "joined Cid" {
		t.Fatalf("the test does not show what it should: %q", told)
	}
	if names := seats(chat.Room{Agents: got.Agents}); got.Others != 2 || len(names) != 3 {
		t.Errorf("told that Cid joined, %d others, and that there are %q", got.Others, names)
	}
}
