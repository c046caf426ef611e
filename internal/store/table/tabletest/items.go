package tabletest

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
)

func testItems(t *trial) {
	t.says("Get returns the item that was put", func(t *trial) {
		t.write(table.Put(t.item("a", "one"), table.Always))
		t.wantData("a", "one")
	})
	t.says("Get of an absent item is ErrNotFound", func(t *trial) {
		t.wantData("a", "")
		t.put(t.item("b", "one"))
		t.wantData("a", "")
	})
	t.says("Put replaces the whole item", func(t *trial) {
		t.put(t.brief("a", "one", time.Minute))
		t.put(t.item("a", "two"))
		t.clock.Advance(time.Hour)
		t.wantData("a", "two")
	})
	t.says("Delete removes the item", func(t *trial) {
		t.put(t.item("a", "one"), t.item("b", "two"))
		t.write(table.Delete(t.key("a"), table.Always))
		t.wantData("a", "")
		t.wantData("b", "two")
	})
	t.says("Delete of an absent item succeeds", func(t *trial) {
		t.write(table.Delete(t.key("a"), table.Always))
	})
	t.says("partitions are separate", testPartitions)
	t.says("an eventual read sees a write in the end", func(t *trial) {
		t.put(t.item("a", "one"))
		t.eventually(func() bool {
			got, err := t.table.Get(t.ctx, t.key("a"), table.Eventual)
			return err == nil && string(got.Data) == "one"
		})
		t.eventually(func() bool {
			page, err := t.table.Query(t.ctx, table.Range{Partition: t.partition, Limit: 1})
			return err == nil && len(page.Items) == 1
		})
	})
}

// testPartitions puts items whose partition and sort key concatenate to the same
// text or sort next to each other.
func testPartitions(t *trial) {
	home := t.partition
	keys := []table.Key{
		{Partition: home, Sort: "b"}, {Partition: home + "b", Sort: "b"}, {Partition: home, Sort: "bb"},
		{Partition: home + "\x01", Sort: "b"}, {Partition: home[:len(home)-1], Sort: "b"},
	}
	for _, k := range keys {
		t.put(table.Item{Key: k, Data: []byte(k.String())})
	}
	for _, k := range keys {
		got, err := t.table.Get(t.ctx, k, table.Strong)
		if err != nil || string(got.Data) != k.String() {
			t.Errorf("Get %q: %q, %v", k, got.Data, err)
		}
	}
	for _, reverse := range []bool{false, true} {
		if page := t.query(table.Range{Limit: 10, Reverse: reverse}); len(page.Items) != 2 || page.More {
			t.Errorf("Query of the partition in the middle: %q, more %v", sorts(page.Items), page.More)
		}
	}
}

// eventually calls yes until it returns true. eventually bounds the number of calls, since each call reads from the
// store.
func (t *trial) eventually(yes func() bool) {
	t.Helper()
	for range 10_000 {
		if yes() {
			return
		}
	}
	t.Error("an eventual read never saw the write")
}

func testData(t *trial) {
	texts := map[string]string{
		"one byte":     "x",
		"JSON":         `{"v":1,"text":"she said \"hi\" <b>&amp;</b>"}`,
		"empty object": "{}",
		"white space":  " \t\r\n ",
		"controls":     "\x01\x1f\x7f\u0080\u2028\ufeff",
		"NUL":          "a\x00b\x00",
		"emoji":        "👩🏽‍🚀🇪🇺 é e\u0301",
		"edges":        "\ud7ff\ue000\ufffd\uffff\U00010000\U0010ffff",
		"backslashes":  `\\ \u0000 \`,
		"300 KB":       strings.Repeat("0123456789 äöü\n", 300<<10/17),
		"largest item": "",
	}
	texts["largest item"] = strings.Repeat("z", table.MaxItemBytes-len(t.partition+"/largest item")-1)
	for name, text := range texts {
		t.says(name, func(t *trial) {
			t.put(t.item("a", text))
			t.wantData("a", text)
			page := t.query(table.Range{Limit: 1})
			if len(page.Items) != 1 {
				t.Fatalf("Query found %d items", len(page.Items))
			}
			t.wantSame(page.Items[0], t.item("a", text))
			in := t.wantConflict(t.table.Write(t.ctx, table.Put(t.item("a", "x"), table.IfAbsent)), 0)[0].Item
			if in == nil {
				t.Fatal("the conflict has no item")
			}
			t.wantSame(*in, t.item("a", text))
		})
	}
}

func testExpiry(t *trial) {
	t.says("an item without expiry has the zero time", func(t *trial) {
		t.put(t.item("a", "one"))
		if got, err := t.table.Get(t.ctx, t.key("a"), table.Strong); err != nil || !got.Expires.IsZero() {
			t.Errorf("expires %v, %v; want the zero time", got.Expires, err)
		}
	})
	t.says("an expiry is truncated to seconds", func(t *trial) {
		item := t.brief("a", "one", 1700*time.Millisecond)
		want := item.Expires.Truncate(table.TimeStep)
		t.put(item)
		got, err := t.table.Get(t.ctx, t.key("a"), table.Strong)
		if err != nil || !got.Expires.Equal(want) {
			t.Errorf("Get: expires %v, %v; want %v", got.Expires, err, want)
		}
		if page := t.query(table.Range{Limit: 1}); len(page.Items) != 1 || !page.Items[0].Expires.Equal(want) {
			t.Errorf("Query: %+v; want one item that expires %v", page.Items, want)
		}
	})
	t.says("an item is absent from the second of its expiry", func(t *trial) {
		t.put(t.brief("a", "one", 10*time.Second))
		left := t.clock.Now().Add(10 * time.Second).Truncate(table.TimeStep).Sub(t.clock.Now())
		t.clock.Advance(left - time.Nanosecond)
		t.wantData("a", "one")
		t.clock.Advance(time.Nanosecond)
		t.wantData("a", "")
		t.wantSorts(t.query(table.Range{Limit: 1}), "")
	})
	t.says("an item put after its expiry is absent", func(t *trial) {
		t.put(t.item("a", "one"))
		t.put(t.brief("a", "two", -time.Hour))
		t.wantData("a", "")
	})
}

// testOwnership changes data after passing the data to the table, and data from the table. The stored item must not
// change.
func testOwnership(t *trial) {
	spoil := func(b []byte) { copy(b, bytes.Repeat([]byte("#"), len(b))) }
	data := strings.Repeat("one ", 5000)
	item := t.item("a", data)
	t.write(table.Put(item, table.Always))
	spoil(item.Data)
	t.wantData("a", data)

	got, err := t.table.Get(t.ctx, t.key("a"), table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	spoil(got.Data)
	t.wantData("a", data)

	spoil(t.query(table.Range{Limit: 1}).Items[0].Data)
	t.wantData("a", data)

	err = t.table.Write(t.ctx, table.Put(t.item("a", "two"), table.IfAbsent))
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) || conflict.Conflicts[0].Item == nil {
		t.Fatalf("Write: %v; want a conflict with its item", err)
	}
	spoil(conflict.Conflicts[0].Item.Data)
	t.wantData("a", data)
}
