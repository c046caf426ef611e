package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/parley-chat/parley/internal/store/table"
)

// Salvage reads around any kind of noise in one page, from both ends. Deleted and replaced items do not come back, and
// each lost item is reported: by its key, or as a possible loss.
func TestSalvage_noiseInAnyPage_isReadAroundAndTold(t *testing.T) {
	dir := t.TempDir()
	path, now := filepath.Join(dir, "whole.db"), time.Unix(1_000_000, 0)
	held, deleted := manyItems(t, path, now)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	trials, missing := 0, 0
	for n := range len(content) / 4096 {
		places := []int{0, 2, 8, 2000}
		if n == 0 {
			places = nil
			for at := headerBytes; at < 4080; at += 60 { // the schema is there
				places = append(places, at)
			}
		}
		for _, at := range places {
			noisy := filepath.Join(dir, "noisy.db")
			if err := os.WriteFile(noisy, slices.Concat(content[:n*4096+at], bytes.Repeat([]byte{0xf7}, 16),
				content[n*4096+at+16:]), 0o600); err != nil {
				t.Fatal(err)
			}
			kept, lost, all := salvaged(t, noisy, now)
			other := 0
			for k, data := range kept {
				if slices.Contains(deleted, k) {
					t.Errorf("page %d, %d: %v is back", n+1, at, k)
				}
				if held[k] != data {
					other++
				}
			}
			if other > 16 { // as many as fit on a page
				t.Errorf("page %d, %d: %d items are not what they were", n+1, at, other)
			}
			trials++
			for k := range held {
				if _, ok := kept[k]; !ok {
					missing++
					if all && !slices.Contains(lost, k) {
						t.Errorf("page %d, %d: nothing tells that %v is lost", n+1, at, k)
					}
				}
			}
		}
	}
	if share := float64(missing) / float64(trials*len(held)); share > 0.05 {
		t.Errorf("of all items, %.1f %% are lost", 100*share)
	}
}

// A page with a too small count of its cells is read without an error. With another page damaged, too, some items are
// neither in the rows nor in the index.
func TestSalvage_pageThatSaysTooLittle_isTold(t *testing.T) {
	dir := t.TempDir()
	path, noisy, now := filepath.Join(dir, "whole.db"), filepath.Join(dir, "noisy.db"), time.Unix(1_000_000, 0)
	held, _ := manyItems(t, path, now)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	untold := 0 // reported only as a doubt
	pages := len(content) / 4096
	for short := 1; short < pages; short++ {
		head := content[short*4096:]
		cells := binary.BigEndian.Uint16(head[3:])
		if kind := head[0]; kind != 2 && kind != 10 || cells < 2 { // pages of a table without rowid, and of an index
			continue
		}
		for broken := 1; broken < pages; broken += 9 {
			damaged := slices.Clone(content)
			binary.BigEndian.PutUint16(damaged[short*4096+3:], cells/2)
			if broken != short {
				damaged[broken*4096] = 0xf7
			}
			if err := os.WriteFile(noisy, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			kept, lost, all := salvaged(t, noisy, now)
			for k := range held {
				if _, ok := kept[k]; ok || slices.Contains(lost, k) {
					continue
				}
				untold++
				if all {
					t.Errorf("page %d short, page %d broken: nothing tells that %v is lost", short+1, broken+1, k)
				}
			}
		}
	}
	if untold == 0 {
		t.Error("no item was lost of which no key told")
	}
}

// A row without an entry in the index may have got its key from noise. There are no more such rows than keys without a
// row.
func TestSalvage_indexThatLacksManyKeys_leavesTheirRows(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "table.db"), time.Unix(1_000_000, 0)
	tab, err := Open(path, Options{Clock: clockwork.NewFakeClockAt(now)})
	if err != nil {
		t.Fatal(err)
	}
	const items = 30
	var ops []table.Op
	for i := range items {
		i := item("ROOM#x", fmt.Sprintf("row %03d", i), "x")
		i.Expires = now.Add(time.Hour)
		ops = append(ops, table.Put(i, table.Always))
	}
	if err := errors.Join(tab.Write(t.Context(), ops...), tab.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	roots := map[string]int{}
	err = sqlitex.ExecuteTransient(c, "SELECT name, rootpage FROM sqlite_schema", &sqlitex.ExecOptions{
		ResultFunc: func(row *sqlite.Stmt) error { roots[row.ColumnText(0)] = row.ColumnInt(1) - 1; return nil }})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := content[roots["items"]*4096:][:4096]
	copy(rows[bytes.Index(rows, []byte("row 003")):], "row+")
	binary.BigEndian.PutUint16(content[roots["items_by_expiry"]*4096+3:], items/2)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	kept, lost, all := salvaged(t, path, now)
	if len(kept) != items || len(lost) != 1 || all {
		t.Errorf("kept %d of %d, lost %v, all %v", len(kept), items, lost, all)
	}
}

// manyItems makes a file with items of several rooms, and replaces and deletes some. manyItems returns the data of the
// remaining items, and the keys of the deleted items.
func manyItems(t *testing.T, path string, now time.Time) (held map[table.Key]string, deleted []table.Key) {
	t.Helper()
	tab, err := Open(path, Options{Clock: clockwork.NewFakeClockAt(now)})
	if err != nil {
		t.Fatal(err)
	}
	held = map[table.Key]string{}
	for round := range 2 { // the second round replaces items of the first
		for room := range 3 {
			var ops []table.Op
			for i := range 90 {
				k := table.Key{Partition: fmt.Sprint("ROOM#", room), Sort: fmt.Sprintf("%04d", i)}
				if round == 1 && i%3 == 0 {
					continue
				}
				item := table.Item{Key: k, Data: bytes.Repeat(fmt.Append(nil, round, i, " "), 20+i%7*60)}
				if i%10 == 5 {
					item.Data = bytes.Repeat(item.Data, 10)
				}
				if i%2 == 0 {
					item.Expires = now.Add(time.Hour)
				}
				held[k] = string(item.Data)
				ops = append(ops, table.Put(item, table.Always))
			}
			if err := tab.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	// A program without secure deletion leaves rows in free pages, and bytes of rows in other pages.
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(sqlitex.ExecuteTransient(c, "PRAGMA secure_delete = OFF", nil),
		sqlitex.ExecuteTransient(c, "DELETE FROM items WHERE sk BETWEEN '0020' AND '0059' OR sk LIKE '__71'", nil),
		c.Close())
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(held, func(k table.Key, _ string) bool {
		if k.Sort < "0020" || k.Sort > "0059" && k.Sort != "0071" {
			return false
		}
		deleted = append(deleted, k)
		return true
	})
	return held, deleted
}

// salvaged returns the data that Salvage reads from a file, and Salvage's other results.
func salvaged(t *testing.T, path string, now time.Time) (kept map[table.Key]string, lost []table.Key, all bool) {
	t.Helper()
	file, err := OpenDamagedReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	kept = map[table.Key]string{}
	lost, all, err = file.Salvage(t.Context(), now, func(item table.Item) error {
		kept[item.Key] = string(item.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, lost, all
}
