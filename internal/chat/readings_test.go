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
)

// crowded is a table that holds reads of whole pages of events until it is opened,
// and notes how many were held at once.
type crowded struct {
	table.Table
	opened chan struct{}

	mu           sync.Mutex
	inside, most int
}

func (c *crowded) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if r.Limit < 100 || !strings.HasPrefix(r.Prefix, "LOG#") {
		return c.Table.Query(ctx, r)
	}
	c.add(1)
	defer c.add(-1)
	select {
	case <-c.opened:
	case <-ctx.Done():
		return table.Page{}, ctx.Err()
	}
	return c.Table.Query(ctx, r)
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

// Each page may be megabytes of the longest texts.
func TestReading_byMany_readsFewPagesAtOnceAndAnswersAll(t *testing.T) {
	const readers, atOnce = 100, 16
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for n := range 40 {
		w.say(ann.Token, fmt.Sprintf("word %d %s", n, strings.Repeat("x", 4000)))
	}
	tab := &crowded{Table: w.table, opened: make(chan struct{})}
	rooms := chat.New(tab, chat.Options{Clock: w.clock, Alone: true, GroupFrom: 1})
	answers := make(chan error, readers)
	for n := range readers {
		go func() {
			var err error
			switch n % 4 {
			case 0:
				_, err = rooms.History(t.Context(), chat.HistoryRequest{Token: ann.Token})
			case 1:
				_, err = rooms.History(t.Context(), chat.HistoryRequest{Token: ann.Token, After: 1})
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
