package tabletest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestHooks_withoutHooks_passesTheContract(t *testing.T) {
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		return &tabletest.Hooks{Table: openFile(t, clock)}
	})
}

// callEach calls every method once and returns their errors in that order.
func callEach(t *testing.T, tab table.Table) (errs [3]error) {
	t.Helper()
	errs[0] = tab.Write(t.Context(), table.Put(item("a", "x"), table.IfAbsent))
	_, errs[1] = tab.Get(t.Context(), item("a", "").Key, table.Strong)
	_, errs[2] = tab.Query(t.Context(), table.Range{Partition: "p", Limit: 1})
	return errs
}

func TestHooks_eachCall_runsBeforeAndAfterWithItsArguments(t *testing.T) {
	var before, after []tabletest.Method
	hooks := &tabletest.Hooks{Table: openFile(t, clockwork.NewFakeClockAt(start()))}
	hooks.Before = func(_ context.Context, c tabletest.Call) error {
		before = append(before, c.Method)
		ok := map[tabletest.Method]bool{
			tabletest.Get:   c.Key == item("a", "").Key && c.Consistency == table.Strong,
			tabletest.Query: c.Range == table.Range{Partition: "p", Limit: 1},
			tabletest.Write: len(c.Ops) == 1 && c.Ops[0].Item.Key == item("a", "").Key,
		}
		if !ok[c.Method] {
			t.Errorf("Before got %+v", c)
		}
		return nil
	}
	hooks.After = func(_ context.Context, c *tabletest.Call) { after = append(after, c.Method) }
	if errs := callEach(t, hooks); errs != [3]error{} {
		t.Errorf("errors: %v", errs)
	}
	want := []tabletest.Method{tabletest.Write, tabletest.Get, tabletest.Query}
	if !slices.Equal(before, want) || !slices.Equal(after, want) {
		t.Errorf("Before ran for %v, After for %v; want %v", before, after, want)
	}
}

func TestHooks_beforeFails_reachesNeitherTheTableNorAfter(t *testing.T) {
	inner := openFile(t, clockwork.NewFakeClockAt(start()))
	failure := errors.New("failed")
	hooks := &tabletest.Hooks{
		Table:  inner,
		Before: func(context.Context, tabletest.Call) error { return failure },
		After:  func(_ context.Context, c *tabletest.Call) { t.Errorf("After got %+v", c) },
	}
	if errs := callEach(t, hooks); errs != [3]error{failure, failure, failure} {
		t.Errorf("errors: %v; want the one from Before", errs)
	}
	if got := list(t, inner, table.Strong); got != "" {
		t.Errorf("the table holds %q", got)
	}
}

func TestHooks_afterReplacesResults_callerGetsTheReplacements(t *testing.T) {
	inner := openFile(t, clockwork.NewFakeClockAt(start()))
	hooks := &tabletest.Hooks{Table: inner, After: func(_ context.Context, c *tabletest.Call) {
		c.Item, c.Page, c.Err = item("other", "y"), table.Page{More: true}, table.ErrUnavailable
	}}
	if errs := callEach(t, hooks); errs != [3]error{table.ErrUnavailable, table.ErrUnavailable, table.ErrUnavailable} {
		t.Errorf("errors: %v; want ErrUnavailable", errs)
	}
	got, _ := hooks.Get(t.Context(), item("a", "").Key, table.Strong)
	page, _ := hooks.Query(t.Context(), table.Range{Partition: "p", Limit: 1})
	if got.Key.Sort != "other" || !page.More {
		t.Errorf("got %+v and %+v", got, page)
	}
	if got := list(t, inner, table.Strong); got != "a=x" {
		t.Errorf("the table holds %q; want the write whose reply was lost", got)
	}
}
