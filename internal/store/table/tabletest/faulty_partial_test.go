package tabletest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestFaulty_partialWriteWithLostReply_becomesVisibleBitByBit(t *testing.T) {
	states := make(map[string]bool)
	for seed := range uint64(20) {
		tab, inner := newFaulty(t, seed, tabletest.Faults{Lost: 1, Partial: 1})
		write(t, inner, table.Put(item("c", "old"), table.Always))
		ops := []table.Op{table.Put(item("a", "new"), table.IfAbsent), table.Put(item("b", "new"), table.IfAbsent),
			table.Delete(item("c", "").Key, table.IfPresent)}
		if err := tab.Write(t.Context(), ops...); !errors.Is(err, table.ErrUnavailable) {
			t.Fatalf("Write: %v; want ErrUnavailable", err)
		}
		if got := list(t, inner, table.Strong); got != "a=new b=new" {
			t.Fatalf("the table below holds %q", got)
		}
		got := ""
		for range 8 {
			got = list(t, tab, table.Strong)
			states[got] = true
		}
		if got != "a=new b=new" {
			t.Errorf("after eight calls a strong query sees %q", got)
		}
	}
	for _, want := range []string{"c=old", "a=new c=old", "b=new c=old", "a=new b=new c=old", "a=new", "b=new"} {
		if !states[want] {
			t.Errorf("no read saw %q", want)
		}
	}
}

func TestFaulty_partialWrite_isVisibleInPartAndThenAsAWhole(t *testing.T) {
	tab, _ := newFaulty(t, 1, tabletest.Faults{Partial: 1})
	partly := 0
	for n := range 200 {
		a, b := fmt.Sprintf("%03da", n), fmt.Sprintf("%03db", n)
		done := make(chan error)
		go func() {
			err := tab.Write(t.Context(), table.Put(item(a, "x"), table.IfAbsent),
				table.Put(item(b, "x"), table.IfAbsent))
			if err == nil && (data(t, tab, a, table.Strong) == "" || data(t, tab, b, table.Strong) == "") {
				err = errors.New("the writer does not see its own write")
			}
			done <- err
		}()
		for returned := false; !returned; {
			if (data(t, tab, a, table.Strong) == "") != (data(t, tab, b, table.Strong) == "") {
				partly++
			}
			select {
			case err := <-done:
				returned = true
				if err != nil {
					t.Fatal(err)
				}
			default:
			}
		}
	}
	if partly == 0 || tab.Counts().Partial == 0 {
		t.Errorf("%d pairs of reads saw a write in part, and %d reads are counted; want some", partly,
			tab.Counts().Partial)
	}
}

func TestFaulty_conditionOnAnInvisibleWrite_isCheckedAgainstTheTrueState(t *testing.T) {
	unseen := 0
	for seed := range uint64(64) {
		tab, _ := newFaulty(t, seed, tabletest.Faults{Lost: 0.3, Partial: 1})
		if err := tab.Write(t.Context(), table.Put(item("a", "one"), table.IfAbsent),
			table.Put(item("b", "one"), table.IfAbsent)); err == nil {
			continue
		}
		hidden := list(t, tab, table.Strong) != "a=one b=one"
		err := tab.Write(t.Context(), table.Put(item("a", "two"), table.IfAbsent),
			table.Delete(item("b", "").Key, table.IfAbsent))
		var conflict *table.ConflictError
		if errors.Is(err, table.ErrUnavailable) {
			continue
		}
		if !errors.As(err, &conflict) || len(conflict.Conflicts) != 2 ||
			string(conflict.Conflicts[1].Item.Data) != "one" {
			t.Errorf("Write: %v; want conflicts with both items", err)
		}
		if hidden {
			unseen++
		}
	}
	if unseen == 0 {
		t.Error("no condition was checked against an invisible item")
	}
}
