package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/parley-chat/parley/internal/store/table"
)

// Noise in a page, of whatever kind, loses the items in it alone. What was deleted or replaced does not come back.
func TestSalvage_noiseInAnyPage_losesTheItemsInItAlone(t *testing.T) {
	dir := t.TempDir()
	path, now := filepath.Join(dir, "whole.db"), time.Unix(1_000_000, 0)
	held := manyItems(t, path, now)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, kinds := itemsByPage(t, path)
	if all := slices.Concat(slices.Collect(maps.Values(in))...); len(all) < len(held) {
		t.Fatalf("the pages hold %d keys of %d", len(all), len(held))
	}
	for n := range uint32(len(content) / 4096) {
		places := []int{0, 2, 8, 2000}
		switch {
		case n == 0:
			places = nil
			for at := headerBytes; at < 4080; at += 60 { // the schema is there
				places = append(places, at)
			}
		case kinds[n+1] != "inner" && n > 8:
			places = places[n%4 : n%4+1]
		}
		for _, at := range places {
			noisy := filepath.Join(dir, "noisy.db")
			if err := os.WriteFile(noisy, slices.Concat(content[:int(n)*4096+at], bytes.Repeat([]byte{0xf7}, 16),
				content[int(n)*4096+at+16:]), 0o600); err != nil {
				t.Fatal(err)
			}
			kept := salvaged(t, noisy, now)
			for k, data := range kept {
				if held[k] != data && !slices.Contains(in[n+1], k) {
					t.Errorf("page %d (%s), %d: %v is %.20q, want %.20q", n+1, kinds[n+1], at, k, data, held[k])
				}
			}
			for k := range held {
				if _, ok := kept[k]; !ok && !slices.Contains(in[n+1], k) {
					t.Errorf("page %d (%s), %d: %v is lost", n+1, kinds[n+1], at, k)
					break
				}
			}
		}
	}
	seen := fmt.Sprint(slices.Sorted(maps.Values(kinds)))
	for _, kind := range []string{"inner", "leaf", "overflow", "free, with rows"} {
		if !strings.Contains(seen, kind) {
			t.Errorf("no page was %s: %s", kind, seen)
		}
	}
}

// Noise may be anywhere in a page.
func TestPages_noise_isNoFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "whole.db")
	manyItems(t, path, time.Unix(1_000_000, 0))
	p := pagesOf(t, path)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 3 + r.Uint32N(30)
		content, err := p.page(n)
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			noisy := slices.Clone(content)
			for range 1 + r.IntN(3) {
				noisy[r.IntN(len(noisy)>>r.IntN(9))] = byte(r.Uint32())
			}
			if _, err := p.rows(n, noisy); err != nil {
				t.Fatal(err)
			}
			begin := r.IntN(len(noisy))
			itemIn(noisy[begin:min(len(noisy), begin+r.IntN(99))])
		}
	}
}

// manyItems makes a file with items of several rooms, some of which were replaced and some deleted, and returns the
// data of those that are left.
func manyItems(t *testing.T, path string, now time.Time) map[table.Key]string {
	t.Helper()
	tab, err := Open(path, Options{Clock: clockwork.NewFakeClockAt(now)})
	if err != nil {
		t.Fatal(err)
	}
	held := map[table.Key]string{}
	for round := range 2 { // the second replaces what the first wrote
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
	// A program that overwrites nothing leaves rows in free pages, and bytes of rows in others.
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
		return k.Sort >= "0020" && k.Sort <= "0059" || k.Sort == "0071"
	})
	return held
}

// pagesOf returns the pages of a whole file.
func pagesOf(t *testing.T, path string) *pages {
	t.Helper()
	file, err := LookAt(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := file.connect(sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &pages{c: c, size: 4096, maps: map[uint32][]byte{}}
}

// itemsByPage returns the keys of the items in each page of a whole file, and what kind of page it is.
func itemsByPage(t *testing.T, path string) (in map[uint32][]table.Key, kinds map[uint32]string) {
	t.Helper()
	in, kinds = map[uint32][]table.Key{}, map[uint32]string{}
	p := pagesOf(t, path)
	keys := func(n uint32, content []byte) (keys []table.Key) {
		all, err := p.rows(n, content)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range all {
			keys = append(keys, item.Key)
		}
		return keys
	}
	for n := uint32(1); ; n++ {
		content, err := p.page(n)
		if err != nil {
			t.Fatal(err)
		}
		if content == nil {
			return in, kinds
		}
		kind, parent, err := p.kind(n)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case kind == 2:
			kinds[n] = "free"
			if content[0] == treeLeaf {
				kinds[n] = "free, with rows"
			}
		case kind == mapOverflow1, kind == mapOverflow2:
			kinds[n] = "overflow"
			for kind == mapOverflow2 {
				kind, parent, _ = p.kind(parent)
			}
			content, _ = p.page(parent) // whose items may have their ends here
			in[n] = keys(parent, content)
		case kind == mapRoot, kind == mapTree:
			kinds[n] = map[byte]string{treeInner: "inner", treeLeaf: "leaf"}[content[0]]
			in[n] = keys(n, content)
		}
	}
}

// salvaged returns the data of what Salvage reads of a file.
func salvaged(t *testing.T, path string, now time.Time) map[table.Key]string {
	t.Helper()
	file, err := LookAtDamaged(path)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[table.Key]string{}
	_, _, err = file.Salvage(t.Context(), now, func(item table.Item) error {
		kept[item.Key] = string(item.Data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}
