package dynamotable_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestWrite_conditionAroundTheSecondOfExpiry_agreesWithReads(t *testing.T) {
	expiry := start()
	for name, c := range map[string]struct {
		now  time.Time
		live bool
	}{
		"just before": {expiry.Add(-time.Millisecond), true},
		"on time":     {expiry, false},
		"same second": {expiry.Add(999 * time.Millisecond), false},
	} {
		t.Run(name, func(t *testing.T) {
			tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clockwork.NewFakeClockAt(c.now)})
			brief := item("a", "brief")
			brief.Expires = expiry
			other := table.Put(item("b", "x"), table.Always)
			for _, more := range [][]table.Op{nil, {other}} {
				must(t, tbl.Write(t.Context(), table.Put(brief, table.Always)))
				_, err := tbl.Get(t.Context(), brief.Key, table.Strong)
				if live := err == nil; live != c.live {
					t.Errorf("Get: %v; want it live: %v", err, c.live)
				}
				var conflict *table.ConflictError
				err = tbl.Write(t.Context(), append(more, table.Put(brief, table.IfAbsent))...)
				if inTheWay := errors.As(err, &conflict); inTheWay != c.live {
					t.Errorf("put IfAbsent: %v; want a conflict: %v", err, c.live)
				}
				err = tbl.Write(t.Context(), append(more, table.Delete(brief.Key, table.IfPresent))...)
				if missing := errors.As(err, &conflict); missing == c.live {
					t.Errorf("delete IfPresent: %v; want a conflict: %v", err, !c.live)
				}
			}
		})
	}
}
