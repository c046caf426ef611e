package dynamotable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// meter records a Table's calls.
type meter struct{ calls []dynamotable.Call }

func (m *meter) observe(_ context.Context, c dynamotable.Call) { m.calls = append(m.calls, c) }

// take returns the only call since the last take.
func (m *meter) take(t *testing.T) dynamotable.Call {
	t.Helper()
	if len(m.calls) != 1 {
		t.Fatalf("observed %+v; want one call", m.calls)
	}
	c := m.calls[0]
	m.calls = nil
	return c
}

func openMetered(t *testing.T) (*dynamotable.Table, *meter, *clockwork.FakeClock) {
	t.Helper()
	m, clock := &meter{}, clockwork.NewFakeClockAt(start())
	tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock, Observe: m.observe})
	return tbl, m, clock
}

func TestWrite_mostDataForOneUnit_isWhatThePackageCommentSays(t *testing.T) {
	tbl, m, clock := openMetered(t)
	event := table.Key{Partition: "ROOM#abcdefg", Sort: "LOG#0000000000000001"}
	for name, c := range map[string]struct {
		key     table.Key
		expires time.Time
		most    int
	}{
		"event":                   {event, clock.Now().Add(time.Hour), 971},
		"event with odd expiry":   {event, time.Unix(4_294_967_295, 0), 971},
		"event with round expiry": {event, time.Unix(4_102_444_800, 0), 972},
		"event without expiry":    {event, time.Time{}, 984},
		"shortest key":            {table.Key{Partition: "p", Sort: "s"}, time.Time{}, 1014},
	} {
		t.Run(name, func(t *testing.T) {
			for size, want := range map[int]float64{c.most: 1, c.most + 1: 2} {
				must(t, tbl.Write(t.Context(), table.Delete(c.key, table.Always)))
				m.calls = nil
				must(t, tbl.Write(t.Context(),
					table.Put(table.Item{Key: c.key, Expires: c.expires, Data: []byte(strings.Repeat("x", size))},
						table.IfAbsent)))
				if got := m.take(t); got.WriteUnits != want || got.ReadUnits != 0 || got.Operation != "PutItem" ||
					got.Attempts != 1 || got.Items != 1 {
					t.Errorf("%d bytes of data: %+v; want one PutItem of %v units", size, got, want)
				}
			}
		})
	}
}

func TestObserve_eachOperation_reportsItsUnits(t *testing.T) {
	tbl, m, _ := openMetered(t)
	must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always)))
	a, other := item("a", "").Key, table.Key{Partition: "q", Sort: "z"}
	// Of ops with equal cost DynamoDB Local counts only one, unlike the service.
	greater := table.Item{Key: other, Data: []byte(strings.Repeat("x", 2000))}
	get := func(c table.Consistency) func() error {
		return func() error { _, err := tbl.Get(t.Context(), a, c); return err }
	}
	query := func(c table.Consistency, partition string) func() error {
		return func() error {
			_, err := tbl.Query(t.Context(), table.Range{Partition: partition, Limit: 9, Consistency: c})
			return err
		}
	}
	write := func(ops ...table.Op) func() error {
		return func() error { return tbl.Write(t.Context(), ops...) }
	}
	for name, c := range map[string]struct {
		call func() error
		want dynamotable.Call
	}{
		"strong get": {get(table.Strong),
			dynamotable.Call{Operation: "GetItem", ReadUnits: 1, Attempts: 1, Items: 1}},
		"eventual get": {get(table.Eventual),
			dynamotable.Call{Operation: "GetItem", ReadUnits: 0.5, Attempts: 1, Items: 1}},
		"strong query": {query(table.Strong, "p"),
			dynamotable.Call{Operation: "Query", ReadUnits: 1, Attempts: 1, Items: 1}},
		"eventual query": {query(table.Eventual, "p"),
			dynamotable.Call{Operation: "Query", ReadUnits: 0.5, Attempts: 1, Items: 1}},
		"strong query of nothing": {query(table.Strong, "none"),
			dynamotable.Call{Operation: "Query", ReadUnits: 1, Attempts: 1}},
		"eventual query of nothing": {query(table.Eventual, "none"),
			dynamotable.Call{Operation: "Query", ReadUnits: 0.5, Attempts: 1}},
		"strong get of nothing": {func() error {
			_, err := tbl.Get(t.Context(), item("none", "").Key, table.Strong)
			if !errors.Is(err, table.ErrNotFound) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		}, dynamotable.Call{Operation: "GetItem", ReadUnits: 1, Attempts: 1}},
		"delete": {write(table.Delete(item("z", "").Key, table.Always)),
			dynamotable.Call{Operation: "DeleteItem", WriteUnits: 1, Attempts: 1, Items: 1}},
		"two ops": {write(table.Put(item("a", "one"), table.Always), table.Put(greater, table.Always)),
			dynamotable.Call{Operation: "TransactWriteItems", WriteUnits: 6, Attempts: 1, Items: 2}},
		"ready": {func() error { return tbl.Ready(t.Context()) },
			dynamotable.Call{Operation: "GetItem", ReadUnits: 0.5, Attempts: 1}},
	} {
		m.calls = nil
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := m.take(t); got != c.want {
			t.Errorf("%s: %+v; want %+v", name, got, c.want)
		}
	}
}

func TestObserve_failedCondition_reportsOneCallWithoutUnits(t *testing.T) {
	tbl, m, _ := openMetered(t)
	err := tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent))
	var conflict *table.ConflictError
	if got := m.take(t); !errors.As(err, &conflict) || got != (dynamotable.Call{Operation: "DeleteItem", Attempts: 1}) {
		t.Errorf("%v, observed %+v", err, got)
	}
}

func TestObserve_nil_requestsNoCapacity(t *testing.T) {
	tbl, _, l := openLine(t, dynamotable.Options{}, first())
	must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always)))
	if got := l.requests()[0].Body["ReturnConsumedCapacity"]; got != "NONE" {
		t.Errorf("ReturnConsumedCapacity is %v; want NONE", got)
	}
}
