package pairing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A queue in which nothing has changed but the times of calls keeps its pairs.
func TestLine_queueThatPairsAlike_isNotPairedAnew(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	file := sqlitetest.Open(t, clock)
	l, over := new(lines).enter("lobby", file)
	defer over()
	until := clock.Now().Add(time.Minute).UnixMilli()
	read := func(tickets ...ticketItem) *lineup {
		t.Helper()
		for i, ticket := range tickets {
			ticket.V, ticket.ID, ticket.AtMs, ticket.UntilMs = room.Version, fmt.Sprint(i), int64(i), until
			if err := file.Write(t.Context(),
				ticket.put(ticketKey("lobby", ticket.AtMs, ticket.ID), table.Always)); err != nil {
				t.Fatal(err)
			}
		}
		q, err := l.current(t.Context(), clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	ann, bob, cid := ticketItem{Name: "Ann", Key: "ann"}, ticketItem{Name: "Bob", Key: "bob"},
		ticketItem{Name: "Cid", Key: "cid", Interests: []string{"tea"}}
	first := read(ann, bob, cid)
	ann.CallMs = 7
	renewed := read(ann, bob, cid)
	if &renewed.partner[0] != &first.partner[0] || renewed.tickets[0].CallMs != 7 {
		t.Errorf("a ticket that was renewed: %+v", renewed)
	}
	ann.Interests = cid.Interests
	if other := read(ann, bob, cid); !slices.Equal(first.partner, []int{1, 0, -1}) ||
		!slices.Equal(other.partner, []int{2, -1, 0}) {
		t.Errorf("paired %v, and with other interests %v", first.partner, other.partner)
	}
}

// silentTable is a table of which each read ends when the test says how.
func silentTable(reads chan<- chan<- error) table.Table {
	return &tabletest.Hooks{Before: func(ctx context.Context, c tabletest.Call) error {
		ends := make(chan error)
		reads <- ends
		select {
		case err := <-ends:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// However many calls await a read of a table that does not answer, it is asked twice: by the
// first, and for all that came meanwhile.
func TestLine_tableDoesNotAnswer_isNotAskedByEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := make(chan chan<- error)
		l, over := new(lines).enter("lobby", silentTable(reads))
		defer over()
		const n = 50
		errs := make(chan error, n)
		look := func() {
			_, err := l.current(t.Context(), time.Now())
			errs <- err
		}
		go look()
		first := <-reads
		for range n - 1 {
			go look()
		}
		synctest.Wait()
		first <- table.ErrUnavailable
		(<-reads) <- table.ErrUnavailable
		for range n {
			if err := <-errs; !errors.Is(err, table.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// A call that gives up takes its read along, and nobody else's.
func TestLine_readerGivesUp_theNextReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := make(chan chan<- error)
		l, over := new(lines).enter("lobby", silentTable(reads))
		defer over()
		ctx, leave := context.WithCancel(t.Context())
		gone, next := make(chan error), make(chan error)
		look := func(ctx context.Context, got chan<- error) {
			_, err := l.current(ctx, time.Now())
			got <- err
		}
		go look(ctx, gone)
		<-reads
		go look(t.Context(), next)
		synctest.Wait()
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		(<-reads) <- table.ErrUnavailable
		if err := <-next; !errors.Is(err, table.ErrUnavailable) {
			t.Errorf("the next got %v", err)
		}
	})
}
