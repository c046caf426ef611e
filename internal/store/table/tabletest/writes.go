package tabletest

import (
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
)

// testConditions tests every combination of item state, op and condition, in a
// Write alone and together with another op, because a driver may send the two
// differently.
func testConditions(t *trial) {
	for _, state := range []string{"absent", "live", "expired"} {
		for op, name := range []string{"put", "delete"} {
			for cond, condName := range []string{"always", "if absent", "if present", "if same"} {
				for beside, shape := range []string{"alone", "with another op"} {
					t.says(fmt.Sprintf("%s %s over an %s item, %s", name, condName, state, shape), func(t *trial) {
						c := oneCondition{state: state, delete: op == 1, cond: table.Condition(cond),
							beside: beside == 1}
						c.test(t)
					})
				}
			}
		}
	}
}

type oneCondition struct {
	state  string // of the item at "a"
	delete bool
	cond   table.Condition
	beside bool
}

func (c oneCondition) test(t *trial) {
	before, old := "", t.brief("a", "old", time.Minute)
	switch c.state {
	case "live":
		before = "old"
		t.put(old)
	case "expired":
		t.put(old)
		t.clock.Advance(2 * time.Minute)
	}
	err := t.table.Write(t.ctx, c.ops(t)...)
	live := c.state == "live"
	if c.cond == table.Always || (c.cond != table.IfAbsent) == live {
		if err != nil {
			t.Fatalf("Write: %v; want it to succeed", err)
		}
		c.wantAfter(t)
		return
	}
	conflict := t.wantConflict(err, 0)[0]
	if conflict.Key != t.key("a") {
		t.Errorf("conflict at %s; want %s", conflict.Key, t.key("a"))
	}
	switch {
	case live && conflict.Item == nil, !live && conflict.Item != nil:
		t.Errorf("the item in the way: %v", conflict.Item)
	case live:
		t.wantSame(*conflict.Item, old)
		if !conflict.Item.Expires.Equal(old.Expires.Truncate(table.TimeStep)) {
			t.Errorf("it expires %v; want %v", conflict.Item.Expires, old.Expires)
		}
	}
	t.wantData("a", before)
	t.wantData("b", "")
}

func (c oneCondition) ops(t *trial) []table.Op {
	ops := []table.Op{table.Put(t.item("a", "new"), c.cond)}
	if c.delete {
		ops[0] = table.Delete(t.key("a"), c.cond)
	}
	ops[0].Was = []byte("old")
	if c.beside {
		ops = append(ops, table.Put(t.item("b", "new"), table.Always))
	}
	return ops
}

func (c oneCondition) wantAfter(t *trial) {
	a, b := "new", ""
	if c.delete {
		a = ""
	}
	if c.beside {
		b = "new"
	}
	t.wantData("a", a)
	t.wantData("b", b)
}

func testSeveralOps(t *trial) {
	t.says("an item that has changed is in the way of a put if it is the same", func(t *trial) {
		t.put(t.item("a", "old"), t.item("b", "old"))
		put := table.Put(t.item("a", "new"), table.IfSame)
		for _, was := range []string{"ol", "older", "new"} {
			put.Was = []byte(was)
			for _, ops := range [][]table.Op{{put}, {put, table.Put(t.item("b", "new"), table.Always)}} {
				conflict := t.wantConflict(t.table.Write(t.ctx, ops...), 0)[0]
				t.wantSame(*conflict.Item, t.item("a", "old"))
			}
		}
		t.wantData("a", "old")
		t.wantData("b", "old")
	})
	t.says("all ops are visible afterwards", func(t *trial) {
		t.put(t.item("c", "old"), t.item("d", "old"))
		t.write(
			table.Put(t.item("a", "new"), table.IfAbsent), table.Put(t.item("b", "new"), table.Always),
			table.Put(t.item("c", "new"), table.IfPresent), table.Delete(t.key("d"), table.IfPresent))
		for sort, data := range map[string]string{"a": "new", "b": "new", "c": "new", "d": ""} {
			t.wantData(sort, data)
		}
		t.wantSorts(t.query(table.Range{Limit: 10}), "a b c")
	})
	t.says("ops may span partitions", func(t *trial) {
		far := table.Item{Key: table.Key{Partition: t.partition + "/far", Sort: "a"}, Data: []byte("far")}
		t.write(table.Put(t.item("a", "near"), table.IfAbsent), table.Put(far, table.IfAbsent))
		t.wantData("a", "near")
		got, err := t.table.Get(t.ctx, far.Key, table.Strong)
		if err != nil {
			t.Fatal(err)
		}
		t.wantSame(got, far)
	})
	t.says("a conflict lists every failed op in order", testEveryConflict)
	t.says("using a key twice is refused", func(t *trial) {
		t.put(t.item("a", "old"))
		for _, second := range []table.Op{table.Put(t.item("a", "new"), table.Always),
			table.Delete(t.key("a"), table.Always)} {
			err := t.table.Write(t.ctx, table.Put(t.item("b", "new"), table.Always),
				table.Put(t.item("a", "newer"), table.Always), second)
			if !errors.Is(err, table.ErrInvalid) {
				t.Errorf("Write: %v; want ErrInvalid", err)
			}
		}
		t.wantData("a", "old")
		t.wantData("b", "")
	})
}

func testEveryConflict(t *trial) {
	t.put(t.item("there", "one"), t.brief("gone", "two", time.Minute), t.brief("stays", "three", time.Hour))
	t.clock.Advance(2 * time.Minute)
	conflicts := t.wantConflict(t.table.Write(t.ctx,
		table.Put(t.item("new", "x"), table.IfAbsent),
		table.Put(t.item("there", "x"), table.IfAbsent),
		table.Put(t.item("nowhere", "x"), table.IfPresent),
		table.Delete(t.key("gone"), table.IfPresent),
		table.Delete(t.key("away"), table.IfAbsent),
		table.Delete(t.key("stays"), table.IfAbsent),
		table.Put(t.item("free", "x"), table.Always),
	), 1, 2, 3, 5)
	for i, want := range []struct{ sort, data string }{{"there", "one"}, {"nowhere", ""}, {"gone", ""},
		{"stays", "three"}} {
		got := conflicts[i]
		if got.Key != t.key(want.sort) || (got.Item != nil) != (want.data != "") {
			t.Errorf("conflict %d: %s with item %v; want %s with %q", i, got.Key, got.Item, want.sort, want.data)
		} else if got.Item != nil {
			t.wantSame(*got.Item, t.item(want.sort, want.data))
		}
	}
	t.wantSorts(t.query(table.Range{Limit: 10}), "stays there")
}
