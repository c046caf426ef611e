package tabletest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
)

func testLimits(t *trial) {
	t.says("a write that breaks a limit is refused and writes nothing", testBrokenLimits)
	t.says("a read that breaks a limit is refused", testBrokenReads)
	t.says("a write with the maximum number of ops succeeds", func(t *trial) {
		var items []table.Item
		for i := range table.MaxOps {
			items = append(items, t.item(fmt.Sprintf("%03d", i), "x"))
		}
		t.put(items...)
		if got := t.query(table.Range{Limit: table.MaxLimit}); len(got.Items) != table.MaxOps || got.More {
			t.Errorf("%d items, more %v; want %d", len(got.Items), got.More, table.MaxOps)
		}
	})
	t.says("a write with the maximum number of bytes succeeds", func(t *trial) {
		t.put(t.filled(table.MaxTxBytes)...)
		page := t.query(table.Range{Limit: table.MaxLimit})
		total := 0
		for _, item := range page.Items {
			total += len(item.Key.Partition) + len(item.Key.Sort) + len(item.Data)
		}
		if total != table.MaxTxBytes || page.More {
			t.Errorf("%d bytes, more %v; want %d", total, page.More, table.MaxTxBytes)
		}
	})
	t.says("a key of the maximum length is accepted", func(t *trial) {
		t.partition += strings.Repeat("p", table.MaxKeyBytes-len(t.partition))
		long := strings.Repeat("s", table.MaxKeyBytes)
		t.put(t.item(long, "x"), t.item(long[1:], "y"))
		t.wantData(long, "x")
		t.wantSorts(t.query(table.Range{Prefix: long, Limit: 2}), long)
		t.wantSorts(t.query(table.Range{After: long[1:], Limit: 2}), long)
	})
}

// filled returns items of total bytes together.
func (t *trial) filled(total int) []table.Item {
	var items []table.Item
	for n := 0; total > 0; n++ {
		item := t.item(fmt.Sprintf("%03d", n), "")
		keys := len(item.Key.Partition) + len(item.Key.Sort)
		item.Data = []byte(strings.Repeat("x", min(total, table.MaxItemBytes)-keys))
		total -= keys + len(item.Data)
		items = append(items, item)
	}
	return items
}

func puts(items []table.Item) []table.Op {
	var ops []table.Op
	for _, item := range items {
		ops = append(ops, table.Put(item, table.Always))
	}
	return ops
}

func testBrokenLimits(t *trial) {
	with := func(partition, sort string) []table.Op {
		return []table.Op{table.Put(table.Item{Key: table.Key{Partition: partition, Sort: sort}, Data: []byte("x")},
			table.Always)}
	}
	many := make([]table.Op, table.MaxOps+1)
	for i := range many {
		many[i] = table.Put(t.item(fmt.Sprint(i), "x"), table.Always)
	}
	tooLong := strings.Repeat("k", table.MaxKeyBytes+1)
	fat := strings.Repeat("x", table.MaxItemBytes-len(t.partition))
	for name, ops := range map[string][]table.Op{
		"no ops":               nil,
		"too many ops":         many,
		"too many bytes":       puts(t.filled(table.MaxTxBytes + 100)),
		"item too large":       {table.Put(t.item("a", fat), table.Always)},
		"no data":              {table.Put(t.item("a", ""), table.Always)},
		"data not UTF-8":       {table.Put(t.item("a", "\xff"), table.Always)},
		"no partition":         with("", "a"),
		"no sort key":          with(t.partition, ""),
		"partition too long":   with(tooLong, "a"),
		"sort key too long":    with(t.partition, tooLong),
		"NUL in a partition":   with(t.partition+"\x00", "a"),
		"NUL in a sort key":    with(t.partition, "a\x00"),
		"partition not UTF-8":  with(t.partition+"\xc3", "a"),
		"sort key not UTF-8":   with(t.partition, "\xed\xa0\x80"),
		"valid and invalid op": append(with(t.partition, "a"), with(t.partition, "")...),
		"delete without a key": {table.Delete(t.key(""), table.Always)},
	} {
		if err := t.table.Write(t.ctx, ops...); !errors.Is(err, table.ErrInvalid) {
			t.Errorf("%s: %v; want ErrInvalid", name, err)
		}
	}
	t.wantSorts(t.query(table.Range{Limit: 10}), "")
}

func testBrokenReads(t *trial) {
	tooLong := strings.Repeat("k", table.MaxKeyBytes+1)
	for _, sort := range []string{"", tooLong, "a\x00", "\xff"} {
		if _, err := t.table.Get(t.ctx, t.key(sort), table.Strong); !errors.Is(err, table.ErrInvalid) {
			t.Errorf("Get of %.10q: %v; want ErrInvalid", sort, err)
		}
	}
	for name, r := range map[string]table.Range{
		"no limit":             {Partition: t.partition},
		"negative limit":       {Partition: t.partition, Limit: -1},
		"limit too large":      {Partition: t.partition, Limit: table.MaxLimit + 1},
		"negative bytes":       {Partition: t.partition, Limit: 1, Bytes: -1},
		"no partition":         {Limit: 1},
		"partition too long":   {Partition: tooLong, Limit: 1},
		"prefix too long":      {Partition: t.partition, Prefix: tooLong, Limit: 1},
		"prefix not UTF-8":     {Partition: t.partition, Prefix: "\xff", Limit: 1},
		"NUL in a prefix":      {Partition: t.partition, Prefix: "\x00", Limit: 1},
		"after not UTF-8":      {Partition: t.partition, After: "\xff", Limit: 1},
		"after outside prefix": {Partition: t.partition, Prefix: "b", After: "a", Limit: 1},
	} {
		if _, err := t.table.Query(t.ctx, r); !errors.Is(err, table.ErrInvalid) {
			t.Errorf("Query, %s: %v; want ErrInvalid", name, err)
		}
	}
}

func testContexts(t *trial) {
	t.put(t.item("a", "one"))
	cancelled, cancel := context.WithCancel(t.ctx)
	cancel()
	late, cancel := context.WithDeadline(t.ctx, time.Unix(1, 0))
	defer cancel()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		if _, err := t.table.Get(ctx, t.key("a"), table.Strong); !errors.Is(err, want) {
			t.Errorf("Get: %v; want %v", err, want)
		}
		if _, err := t.table.Query(ctx, table.Range{Partition: t.partition, Limit: 1}); !errors.Is(err, want) {
			t.Errorf("Query: %v; want %v", err, want)
		}
		for _, ops := range [][]table.Op{
			{table.Put(t.item("b", "two"), table.Always)},
			{table.Put(t.item("b", "two"), table.Always), table.Delete(t.key("a"), table.Always)},
		} {
			if err := t.table.Write(ctx, ops...); !errors.Is(err, want) {
				t.Errorf("Write: %v; want %v", err, want)
			}
		}
	}
	t.wantData("a", "one")
	t.wantData("b", "")
	t.says("a cancelled write is applied as a whole or not at all", testCancelled)
}
