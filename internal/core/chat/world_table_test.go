package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/core/chat"
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

// timeOut fails every Get like a driver that retried until the deadline.
func timeOut(_ context.Context, c tabletest.Call) error {
	if c.Method != tabletest.Get {
		return nil
	}
	return fmt.Errorf("%w: %w", table.ErrUnavailable, context.DeadlineExceeded)
}

func (w *world) stored(k table.Key) table.Item {
	w.t.Helper()
	got, err := w.table.Get(w.t.Context(), k, table.Strong)
	if err != nil {
		w.t.Fatalf("%s: %v", k, err)
	}
	return got
}

func (w *world) store(items ...table.Item) {
	w.t.Helper()
	for _, item := range items {
		if err := w.table.Write(w.t.Context(), table.Put(item, table.Always)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// item reads an item of the room of a token.
func (w *world) item(token, sort string) table.Item {
	w.t.Helper()
	got, err := w.table.Get(w.t.Context(), table.Key{Partition: "ROOM#" + token[:7], Sort: sort}, table.Strong)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) write(ops ...table.Op) {
	w.t.Helper()
	if err := w.table.Write(w.t.Context(), ops...); err != nil {
		w.t.Fatal(err)
	}
}

// snapshot returns the items of the snapshot of a token's room.
func (w *world) snapshot(token string) []table.Item {
	w.t.Helper()
	page, err := w.table.Query(w.t.Context(),
		table.Range{Partition: "ROOM#" + token[:7], Prefix: "META", Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

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
