package ratelimit_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/ratelimit"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/table/sqlite/sqlitetest"
)

// meteredTable counts its calls, and may stop answering.
type meteredTable struct {
	table.Table
	calls atomic.Int64
	out   atomic.Bool
}

func metered(t *testing.T, clock *clockwork.FakeClock) *meteredTable {
	if clock == nil {
		clock = begun()
	}
	return &meteredTable{Table: sqlitetest.Open(t, clock)}
}

func (m *meteredTable) Write(ctx context.Context, ops ...table.Op) error {
	m.calls.Add(1)
	if m.out.Load() {
		return table.ErrUnavailable
	}
	return m.Table.Write(ctx, ops...)
}

func (m *meteredTable) Query(ctx context.Context, r table.Range) (table.Page, error) {
	m.calls.Add(1)
	return m.Table.Query(ctx, r)
}

// put stores so many bytes in a room.
func put(sort string, bytes int) table.Op {
	key := table.Key{Partition: "ROOM#abcdefg", Sort: sort}
	return table.Put(table.Item{Key: key, Data: []byte(strings.Repeat("x", bytes))}, table.Always)
}

// processes returns limiters like those of so many processes on one table.
func processes(tab table.Table, clock clockwork.Clock, n, units int) (all []*ratelimit.Limiter) {
	for range n {
		all = append(all, ratelimit.New(ratelimit.Limits{Units: units}, ratelimit.Options{Clock: clock, Shared: tab}))
	}
	return all
}

func TestBegin_inManyProcesses_overshootsByAnEighthForEach(t *testing.T) {
	for n := 1; n <= 12; n++ {
		clock := begun()
		all := processes(metered(t, clock), clock, n, 800)
		total, ctx := 0, from(t, "192.0.2.1")
		for refused := 0; refused < n; {
			refused = 0
			for _, l := range all {
				if _, err := l.Begin(ctx, ratelimit.Vital); err != nil {
					refused++
					continue
				}
				total++
			}
		}
		if most := 800 + n*800/8; total < 800 || total > most {
			t.Errorf("%d processes: %d calls, want from 800 to %d", n, total, most)
		}
	}
}

func TestBegin_callerThatIsRefused_isRefusedByOtherProcessesAfterAnEighth(t *testing.T) {
	clock := begun()
	all := processes(metered(t, clock), clock, 2, 800)
	ctx, cancel := context.WithCancel(from(t, "192.0.2.1"))
	cancel() // a caller that does not stay for the answer
	if n, err := admitted(ctx, all[0], ratelimit.Vital, 10_000); n != 800 || refusedFor(t, err) == 0 {
		t.Errorf("in the first process: %d calls, then %v", n, err)
	}
	if n, err := admitted(ctx, all[1], ratelimit.Vital, 10_000); n != 100 || refusedFor(t, err) == 0 {
		t.Errorf("in the second: %d calls, then %v", n, err)
	}
	clock.Advance(2 * time.Minute)
	if n, _ := admitted(ctx, all[1], ratelimit.Vital, 10_000); n != 800 {
		t.Errorf("two minutes later: %d calls", n)
	}
}

func TestBegin_ordinaryCaller_costsNoReadAndNoWrite(t *testing.T) {
	clock := begun()
	tab := metered(t, clock)
	l := processes(tab, clock, 1, 800)[0]
	ctx := from(t, "192.0.2.1")
	for range 5 {
		if n, err := admitted(ctx, l, ratelimit.Usual, 99); n != 99 {
			t.Fatalf("%d calls, then %v", n, err)
		}
		clock.Advance(time.Minute)
	}
	if n := tab.calls.Load(); n != 0 {
		t.Errorf("%d reads and writes for a caller that spends less than an eighth", n)
	}
	if n, _ := admitted(ctx, l, ratelimit.Vital, 10_000); n != 800 || tab.calls.Load() != 2*8 {
		t.Errorf("%d reads and writes for one that spends all, want 16", tab.calls.Load())
	}
}

func TestBegin_tableDoesNotAnswer_countsForItself(t *testing.T) {
	clock := begun()
	tab := metered(t, clock)
	tab.out.Store(true)
	l := processes(tab, clock, 1, 800)[0]
	if n, err := admitted(from(t, "192.0.2.1"), l, ratelimit.Vital, 10_000); n != 800 || refusedFor(t, err) == 0 {
		t.Errorf("%d calls, then %v", n, err)
	}
}

func TestTable_onDynamoDBLocal_chargesWhatTheServiceBills(t *testing.T) {
	var billed float64
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: begun(), Observe: func(_ context.Context, c dynamotable.Call) {
		billed += c.WriteUnits + c.ReadUnits/5
	}})
	l := ratelimit.New(ratelimit.Limits{Units: 10_000}, ratelimit.Options{Clock: begun()})
	charged := l.Table(tab)
	ann, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err != nil {
		t.Fatal(err)
	}
	before, billedBefore := l.Spent("address 192.0.2.1"), billed
	same := func(what string, err error) {
		t.Helper()
		now := l.Spent("address 192.0.2.1")
		if got, want := now-before, billed-billedBefore; err != nil || got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: charged %v, billed %v, %v", what, got, want, err)
		}
		before, billedBefore = now, billed
	}
	for _, bytes := range []int{1, 900, 1000, 5000, 30_000} {
		same("a put", charged.Write(ann, put("LOG#1", bytes)))
		_, err := charged.Get(ann, put("LOG#1", 1).Item.Key, table.Strong)
		same("a get", err)
		_, err = charged.Query(ann, table.Range{Partition: "ROOM#abcdefg", Limit: 10})
		same("a query", err)
		// Of ops with equal cost DynamoDB Local counts only one, unlike the service.
		same("a transaction", charged.Write(ann, put("LOG#2", bytes), put("META", bytes+2000)))
	}
}
