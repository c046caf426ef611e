package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// crowded blocks reads of whole pages of events until it is opened, and counts how many
// are blocked at once.
type crowded struct {
	opened chan struct{}

	mu           sync.Mutex
	inside, most int
}

// over returns a table on top of below whose reads are blocked.
func (c *crowded) over(below table.Table) *tabletest.Hooks {
	wholePage := func(r table.Range) bool { return r.Limit >= 100 && strings.HasPrefix(r.Prefix, "LOG#") }
	return &tabletest.Hooks{
		Table: below,
		Before: func(ctx context.Context, call tabletest.Call) error {
			if !wholePage(call.Range) {
				return nil
			}
			c.add(1)
			select {
			case <-c.opened:
				return nil
			case <-ctx.Done():
				c.add(-1)
				return ctx.Err()
			}
		},
		After: func(_ context.Context, call *tabletest.Call) {
			if wholePage(call.Range) {
				c.add(-1)
			}
		},
	}
}

func (c *crowded) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside += n
	c.most = max(c.most, c.inside)
}

func (c *crowded) held() (inside, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inside, c.most
}

// A page of the longest texts has megabytes.
func TestRead_manyCallers_readSixteenPagesAtOnceAtMost(t *testing.T) {
	const readers, atOnce = 100, 16
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for n := range 40 {
		w.say(ann.Token, fmt.Sprintf("word %d %s", n, strings.Repeat("x", 4000)))
	}
	tab := &crowded{opened: make(chan struct{})}
	rooms := chat.New(tab.over(w.table), chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1})
	answers, first := make(chan error, readers), w.id(ann.Token, 1)
	for n := range readers {
		go func() {
			var err error
			switch n % 4 {
			case 0:
				_, err = rooms.History(t.Context(), chat.HistoryRequest{Token: ann.Token})
			case 1:
				_, err = rooms.History(t.Context(), chat.HistoryRequest{Token: ann.Token, After: first})
			case 2:
				_, err = rooms.Wait(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor})
			case 3:
				_, err = rooms.RoomInfo(t.Context(), chat.InfoRequest{Token: ann.Token})
			}
			answers <- err
		}()
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if inside, _ := tab.held(); inside >= atOnce {
			break
		}
		<-tick.C
	}
	close(tab.opened)
	for range readers {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if _, most := tab.held(); most != atOnce {
		t.Errorf("%d pages were read at once, want %d", most, atOnce)
	}
}
