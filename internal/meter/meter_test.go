package meter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/sqlitetable"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

func TestBeginWait_atTheLimit_isRefusedUntilAWaitEnds(t *testing.T) {
	m := New(Options{MaxWaits: 2})
	one, two, three := m.Open(), m.Open(), m.Open()
	if !one.BeginWait() || !two.BeginWait() || three.BeginWait() {
		t.Error("two of three waits should be accepted")
	}
	one.EndWait()
	if !three.BeginWait() {
		t.Error("a wait has ended, but the next is refused")
	}
	if got := m.Totals(); got.OpenWaits != 2 || got.RefusedWaits != 1 {
		t.Errorf("%+v", got)
	}
}

func TestGrow_smallBody_counts16KiBUntilItsCallWaits(t *testing.T) {
	m := New(Options{MaxBodies: 3 << 14})
	a := m.Open()
	held := func(what string, ok bool, want int64) {
		t.Helper()
		if got := m.Totals().BodyBytes; !ok || got != want {
			t.Errorf("%s: %v, %d bytes are held, want %d", what, ok, got, want)
		}
	}
	held("a byte", a.Grow(1), 1<<14)
	held("a thousand", a.Grow(999), 1<<14)
	held("a wait", a.BeginWait(), 1000)
	a.Close(0)
	held("the end", true, 0)
	b := m.Open()
	held("a large one", b.Grow(20_000), 20_000)
	held("too much", !b.Grow(1<<15), 20_000)
	b.Close(0)
	b.Close(0)
	held("two ends", m.Totals().RefusedBodies == 1, 0)
}

func TestLimits_concurrentRequests_areNeverExceeded(t *testing.T) {
	m := New(Options{MaxWaits: 3, MaxBodies: 5 << 14})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				a := m.Open()
				in := a.Grow(10) && a.BeginWait()
				if got := m.Totals(); in && (got.OpenWaits < 1 || got.BodyBytes < 10) {
					t.Errorf("one is in, and %+v are held", got)
				}
				if in {
					a.EndWait()
				}
				a.Close(0)
			}
		})
	}
	group.Wait()
	if got := m.Totals(); got.OpenWaits != 0 || got.BodyBytes != 0 {
		t.Errorf("in the end %+v are held", got)
	}
}

func TestClose_twice_reportsTheCallOnce(t *testing.T) {
	var seen []Call
	m := New(Options{Observe: func(c Call) { seen = append(seen, c) }})
	a := m.Open()
	ctx := With(t.Context(), a)
	From(ctx).Begin("send_message")
	m.Spend(ctx, 2, 0.5, 1)
	m.Spend(ctx, 1, 0, 2)
	From(ctx).End(CodeOK, func() string { return "abcdefg" })
	a.Close(time.Second)
	a.Close(time.Minute)
	m.Open().Close(time.Second) // called no tool
	want := Call{Tool: "send_message", Code: CodeOK, Took: time.Second, ReadUnits: 0.5, WriteUnits: 3}
	if len(seen) != 1 || seen[0] != want {
		t.Errorf("the observer received %+v, want %+v", seen, want)
	}
	if got := m.Totals(); got.Requests != 3 || got.ReadUnits != 0.5 || got.WriteUnits != 3 {
		t.Errorf("%+v", got)
	}
}

func TestClose_withoutEnd_isGone(t *testing.T) {
	a := New(Options{}).Open()
	a.Begin("wait_for_message")
	if call := a.Close(0); call.Code != CodeGone {
		t.Errorf("%+v", call)
	}
}

func TestRoom_isAHashOfTheID(t *testing.T) {
	name := func(id string) string {
		a := New(Options{}).Open()
		a.End(CodeOK, func() string { return id })
		return a.Room()
	}
	one, two := name("abcdefg"), name("abcdefh")
	if len(one) != 8 || one == two || one != name("abcdefg") || name("") != "" {
		t.Errorf("%q, %q, %q", one, two, name(""))
	}
	if got := New(Options{}).Open().Room(); got != "" {
		t.Errorf("without a room: %q", got)
	}
}

func TestAccount_nil_limitsNothing(t *testing.T) {
	a := From(t.Context())
	a.Begin("x")
	a.End(CodeOK, nil)
	a.EndWait()
	if !a.Grow(1<<40) || !a.BeginWait() {
		t.Error("a request without an account is limited")
	}
}

func TestTable_readsAndWrites_areCounted(t *testing.T) {
	store, err := sqlitetable.Open(filepath.Join(t.TempDir(), "parley.db"), sqlitetable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := New(Options{})
	tab := m.Table(store)
	key := table.Key{Partition: "a", Sort: "b"}
	put := table.Put(table.Item{Key: key, Data: []byte("{}")}, table.IfAbsent)
	for range 2 {
		if err := tab.Write(t.Context(), put); err != nil && !errors.As(err, new(*table.ConflictError)) {
			t.Fatal(err)
		}
	}
	if item, err := tab.Get(t.Context(), key, table.Strong); err != nil || string(item.Data) != "{}" {
		t.Errorf("%+v, %v", item, err)
	}
	if page, err := tab.Query(t.Context(), table.Range{Partition: "a", Limit: 1}); err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := tab.Get(t.Context(), table.Key{Partition: "a", Sort: "c"}, table.Strong); !errors.Is(err, table.ErrNotFound) {
		t.Error(err)
	}
	if got := m.Totals(); got.Reads != 3 || got.Writes != 2 || got.Failures != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTable_failedCall_isCounted(t *testing.T) {
	for err, want := range map[error]int64{
		table.ErrUnavailable: 3, table.ErrNotFound: 0, context.Canceled: 0, context.DeadlineExceeded: 3,
	} {
		m := New(Options{})
		failing := &tabletest.Hooks{Before: func(context.Context, tabletest.Call) error { return fmt.Errorf("wrapped: %w", err) }}
		tab := m.Table(failing)
		_, one := tab.Get(t.Context(), table.Key{}, table.Strong)
		_, two := tab.Query(t.Context(), table.Range{})
		three := tab.Write(t.Context())
		if got := m.Totals().Failures; got != want || !errors.Is(errors.Join(one, two, three), err) {
			t.Errorf("%v: %d failures, want %d", err, got, want)
		}
	}
}
