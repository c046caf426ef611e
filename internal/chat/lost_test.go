package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// losingReplies returns a service whose table loses the reply to a write, once: the
// first one at a sort key with the prefix.
func (w *world) losingReplies(prefix string) *world {
	lost := false
	l := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, prefix) && !lost {
				lost = true
				c.Err = fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
			}
		}
	}}
	return &world{t: w.t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})}
}

// TestWait_replyOfItsPlaceLost: "repeating the call is safe", says the refusal.
func TestWait_replyOfItsPlaceLost_newsIsNotLost(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob := w.losingReplies("AT#")
	got, err := bob.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
	if err != nil {
		wants(t, err, fault.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob hears", texts(got.Messages), []string{"for Bob"})
}

// TestSend_replyLost_withAKey: nobody said it before.
func TestSend_withAKeyAndItsReplyLost_isNoDuplicateOfItself(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	bob := w.losingReplies("LOG#")
	got, err := bob.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"})
	if err == nil && got.Duplicate {
		t.Errorf("the first call is told %+v", got)
	}
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
	reads := 0
	l := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Range.Prefix == "LOG#" {
			if reads++; reads == 2 { // after the look at the room, before the reading of what is new
				w.join("plans", "Cid")
			}
		}
		return nil
	}}
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
