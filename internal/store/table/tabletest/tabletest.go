// Package tabletest tests tables and code on top of them. Run is the contract suite for drivers of package table.
// Faulty is a table with random faults within the contract, and Hooks is a table with faults of a test's choice.
package tabletest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// patience bounds one part of the suite, including on a slow engine.
const patience = 2 * time.Minute

// Run runs the contract suite. Run calls open once for each part, with the clock of the table; open closes the table in
// t.Cleanup. The tables may share a store, because every part has its own partitions.
func Run(t *testing.T, open func(t *testing.T, clock clockwork.Clock) table.Table) {
	parts := []struct {
		name string
		test func(*trial)
	}{
		{"items", testItems},
		{"data", testData},
		{"expiry", testExpiry},
		{"ownership", testOwnership},
		{"conditions", testConditions},
		{"writes of several ops", testSeveralOps},
		{"limits", testLimits},
		{"queries", testQueries},
		{"races", testRaces},
		{"contexts", testContexts},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			t.Cleanup(cancel)
			clock := clockwork.NewFakeClockAt(time.Date(2100, 1, 1, 12, 0, 0, 500_000_000, time.UTC))
			p.test(&trial{T: t, ctx: ctx, clock: clock, table: open(t, clock),
				partition: fmt.Sprintf("%s#%x", t.Name(), rand.Uint64())})
		})
	}
}

// trial is one part of the suite with its own table and partition.
type trial struct {
	*testing.T
	ctx       context.Context
	clock     *clockwork.FakeClock
	table     table.Table
	partition string
}

// says runs a subtest in a new partition.
func (t *trial) says(statement string, test func(*trial)) {
	t.T.Helper()
	t.T.Run(statement, func(sub *testing.T) {
		inner := *t
		inner.T = sub
		inner.partition += "/" + statement
		test(&inner)
	})
}

func (t *trial) key(sort string) table.Key {
	return table.Key{Partition: t.partition, Sort: sort}
}

// item returns an item that never expires.
func (t *trial) item(sort, data string) table.Item {
	return table.Item{Key: t.key(sort), Data: []byte(data)}
}

// brief returns an item that expires after d.
func (t *trial) brief(sort, data string, d time.Duration) table.Item {
	item := t.item(sort, data)
	item.Expires = t.clock.Now().Add(d)
	return item
}

// write makes a Write that must succeed.
func (t *trial) write(ops ...table.Op) {
	t.Helper()
	if err := t.table.Write(t.ctx, ops...); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// put writes items unconditionally.
func (t *trial) put(items ...table.Item) {
	t.Helper()
	for chunk := range slices.Chunk(items, table.MaxOps) {
		ops := make([]table.Op, len(chunk))
		for i, item := range chunk {
			ops[i] = table.Put(item, table.Always)
		}
		t.write(ops...)
	}
}

// wantData requires a live item with the data at sort, or none if data is empty.
func (t *trial) wantData(sort, data string) {
	t.Helper()
	got, err := t.table.Get(t.ctx, t.key(sort), table.Strong)
	switch {
	case data == "" && !errors.Is(err, table.ErrNotFound):
		t.Errorf("Get %q: %q, %v; want ErrNotFound", sort, got.Data, err)
	case data != "" && err != nil:
		t.Errorf("Get %q: %v; want %q", sort, err, data)
	case data != "":
		t.wantSame(got, t.item(sort, data))
	}
}

// wantSame compares keys and data.
func (t *trial) wantSame(got, want table.Item) {
	t.Helper()
	if got.Key != want.Key || string(got.Data) != string(want.Data) {
		t.Errorf("item %s: %.80q; want %s: %.80q", got.Key, got.Data, want.Key, want.Data)
	}
}

// wantConflict requires a conflict of exactly these ops and returns it.
func (t *trial) wantConflict(err error, ops ...int) []table.Conflict {
	t.Helper()
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("Write: %v; want a conflict", err)
	}
	var got []int
	for _, c := range conflict.Conflicts {
		got = append(got, c.Op)
	}
	if !slices.Equal(got, ops) {
		t.Fatalf("conflicts of ops %v; want %v", got, ops)
	}
	return conflict.Conflicts
}

// query makes a strong Query of the trial's partition that must succeed.
func (t *trial) query(r table.Range) table.Page {
	t.Helper()
	r.Partition, r.Consistency = t.partition, table.Strong
	page, err := t.table.Query(t.ctx, r)
	if err != nil {
		t.Fatalf("Query %+v: %v", r, err)
	}
	return page
}

// sorts returns the sort keys of items.
func sorts(items []table.Item) []string {
	var s []string
	for _, item := range items {
		s = append(s, item.Key.Sort)
	}
	return s
}

// wantSorts requires the sort keys in want, which are separated by spaces.
func (t *trial) wantSorts(page table.Page, want string) {
	t.Helper()
	if got := sorts(page.Items); !slices.Equal(got, strings.Fields(want)) {
		t.Errorf("Query found %q; want %q", got, want)
	}
}
