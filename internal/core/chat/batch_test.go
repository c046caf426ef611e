package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// crowded blocks reads of whole pages of events until it is opened, and counts how many
// are blocked at once.
type crowded struct {
	opened chan struct{}
	except string // the id of a room whose pages can be read

	mu           sync.Mutex
	inside, most int
}

// over returns a table on top of below whose reads are blocked.
func (c *crowded) over(below table.Table) *tabletest.Hooks {
	wholePage := func(r table.Range) bool {
		return r.Limit >= 100 && strings.HasPrefix(r.Prefix, "LOG#") && r.Partition != "ROOM#"+c.except
	}
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

// talkative returns an agent alone in a room with more texts than the cache holds.
func (w *world) talkative(room string) chat.Seated {
	w.t.Helper()
	ann := w.join(room, "Ann")
	for n := range 40 {
		w.say(ann.Token, fmt.Sprintf("word %d %s", n, strings.Repeat("x", 4000)))
	}
	return ann
}

// readAll makes n calls that read the room of ann in different ways.
func (w *world) readAll(rooms *chat.Service, n int, ann chat.Seated) (answers chan error) {
	answers = make(chan error, n)
	first := w.id(ann.Token, 1)
	for i := range n {
		go func() {
			var err error
			switch i % 4 {
			case 0:
				_, err = rooms.History(w.t.Context(), chat.HistoryRequest{Token: ann.Token, Limit: 100})
			case 1:
				_, err = rooms.History(w.t.Context(), chat.HistoryRequest{Token: ann.Token, After: first, Limit: 100})
			case 2:
				_, err = rooms.Wait(w.t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor})
			case 3:
				_, err = rooms.RoomInfo(w.t.Context(), chat.InfoRequest{Token: ann.Token})
			}
			answers <- err
		}()
	}
	return answers
}

// However many calls read one room, and however long that takes, they take a quarter of
// the places: a call in another room reads at once.
func TestRead_crowdInOneRoom_delaysNoOther(t *testing.T) {
	const readers, ofRoom = 64, 4
	w := newWorld(t)
	crowd, bob := w.talkative("crowd"), w.talkative("parlor")
	w.clock.Advance(room.RepeatWindow + time.Second) // so a load reads no page
	tab := &crowded{opened: make(chan struct{}), except: bob.Token[:7]}
	rooms := chat.New(tab.over(w.table), chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1})
	answers := w.readAll(rooms, readers, crowd)
	tab.await(ofRoom)
	select {
	case err := <-w.readAll(rooms, 1, bob):
		if err != nil {
			t.Error(err)
		}
	case <-time.After(chat.Patience):
		t.Error("a call in another room waits for the crowd")
	}
	close(tab.opened)
	for range readers {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if _, most := tab.held(); most != ofRoom {
		t.Errorf("%d pages of one room were read at once, want %d", most, ofRoom)
	}
}

// A page has up to a megabyte.
func TestRead_manyCallers_readSixteenPagesAtOnceAtMost(t *testing.T) {
	const readers, atOnce = 25, 16
	w := newWorld(t)
	tab := &crowded{opened: make(chan struct{})}
	rooms := chat.New(tab.over(w.table), chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1})
	var anns []chat.Seated
	for n := range 6 {
		anns = append(anns, w.talkative(fmt.Sprint("room ", n)))
	}
	w.clock.Advance(room.RepeatWindow + time.Second) // so a load reads no page
	var all []chan error
	for _, ann := range anns {
		all = append(all, w.readAll(rooms, readers, ann))
	}
	tab.await(atOnce)
	close(tab.opened)
	for _, answers := range all {
		for range readers {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
	}
	if _, most := tab.held(); most != atOnce {
		t.Errorf("%d pages were read at once, want %d", most, atOnce)
	}
}

// await returns once n reads are blocked, or after twenty seconds.
func (c *crowded) await(n int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if inside, _ := c.held(); inside >= n {
			return
		}
		<-tick.C
	}
}
