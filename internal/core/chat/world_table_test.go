package chat_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// losingReplies returns a service whose table loses the reply to its first write of a
// sort key with the prefix.
func (w *world) losingReplies(prefix string, o chat.Options) *world {
	lost := false
	l := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, prefix) && !lost {
				lost = true
				c.Err = fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
			}
		}
	}}
	return &world{t: w.t, clock: w.clock, table: l, Service: chat.New(l, o)}
}

func TestWait_replyToItsReadPositionLost_losesNoMessage(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob := w.losingReplies("AT#", chat.Options{Clock: hurriedClock{w.clock}})
	got, err := bob.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token})
	if err != nil {
		wants(t, err, fault.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob receives", texts(got.Messages), []string{"for Bob"})
}

func TestSend_withAKeyAndItsReplyLost_isNotADuplicate(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	bob := w.losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock}})
	got, err := bob.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"})
	if err == nil && got.Duplicate {
		t.Errorf("the first call returns %+v", got)
	}
}

// Bob said it, and was muted then. A table that does not tell what his key stands for must
// not make the call say that nothing was sent.
func TestSend_withAKeyThatCannotBeLookedUp_isNotRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"}
	first := w.sends(req)
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	fails := true
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if fails && c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "SENT#") {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	bob := &world{t: t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
	_, err := bob.send(req)
	wants(t, err, fault.Unavailable)
	fails = false
	if got := bob.sends(req); got.ID != first.ID || !got.Duplicate {
		t.Errorf("the call that is repeated returns %+v", got)
	}
}

// expiring is a context whose deadline passes when the test says so.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// expiringAt returns a service and a context whose deadline passes during the call of
// the table, after it is done, that is the first for which at is true.
func (w *world) expiringAt(at func(tabletest.Call) bool) (*world, context.Context) {
	ctx := expiring{w.t.Context(), make(chan struct{})}
	var one sync.Mutex // of the calls, which may be made at once
	l := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		one.Lock()
		defer one.Unlock()
		if ctx.Err() == nil && at(*c) {
			close(ctx.done)
			c.Err = fmt.Errorf("%w: %w", table.ErrUnavailable, context.DeadlineExceeded)
		}
	}}
	return &world{t: w.t, clock: w.clock, table: l, Service: chat.New(l, chat.Options{Clock: hurriedClock{w.clock}})},
		ctx
}

func TestWait_deadlinePassesWhileItsReadPositionIsWritten_losesNoMessage(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "for Bob")
	bob, ctx := w.expiringAt(func(c tabletest.Call) bool {
		return c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "AT#")
	})
	got, err := bob.Wait(ctx, chat.WaitRequest{Token: p.bob.Token})
	if ctx.Err() == nil {
		t.Fatal("the deadline has not passed")
	}
	if err != nil {
		wants(t, err, fault.Unavailable)
		got = bob.look(p.bob.Token, "")
	}
	same(t, "Bob receives", texts(got.Messages), []string{"for Bob"})
}

func TestSend_deadlinePassesAfterTheTextWasSaid_isSent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	said := false
	bob, ctx := w.expiringAt(func(c tabletest.Call) bool {
		before := said
		said = said || c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "LOG#")
		return before && c.Method != tabletest.Write
	})
	got, err := bob.Send(ctx, chat.SendRequest{Token: p.bob.Token, Text: "hello", Wait: time.Minute})
	if ctx.Err() == nil || err != nil || !got.Sent || got.Others != 1 {
		t.Errorf("%+v, %v; the deadline: %v", got, err, ctx.Err())
	}
}

// timeOut fails every Get like a driver that retried until the deadline.
func timeOut(_ context.Context, c tabletest.Call) error {
	if c.Method != tabletest.Get {
		return nil
	}
	return fmt.Errorf("%w: %w", table.ErrUnavailable, context.DeadlineExceeded)
}

func TestJoin_tableTimesOut_isUnavailableAndLogged(t *testing.T) {
	w := newWorld(t)
	var log strings.Builder
	slow := onTable(t, w.clock, &tabletest.Hooks{Table: w.table, Before: timeOut},
		chat.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := slow.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann", Password: "open sesame"})
	wants(t, err, fault.Unavailable)
	if said := log.String(); !strings.Contains(said, "level=WARN") ||
		!strings.Contains(said, table.ErrUnavailable.Error()) || strings.Contains(said, "sesame") {
		t.Errorf("the log has %q", said)
	}
}

func TestSend_addresseesCannotBeRead_isUnavailable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	fails := false
	h := &tabletest.Hooks{Table: w.table, Before: func(context.Context, tabletest.Call) error {
		if fails {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	bob := &world{t: t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
	bob.look(p.bob.Token, "") // so that its head is at hand
	fails = true
	w.clock.Advance(time.Second)
	_, err := bob.send(chat.SendRequest{Token: p.bob.Token, Text: "for Ann", To: []string{"Ann"}})
	wants(t, err, fault.Unavailable)
}

func TestLookIn_readPositionCannotBeRead_isUnavailable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "AT#") {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	program := chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})
	_, err := program.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Standby: true, Peek: true, LooksIn: true})
	wants(t, err, fault.Unavailable)
}
