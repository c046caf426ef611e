package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
)

// event is an item of the size of a short message.
func event(room string, n int) table.Item {
	return table.Item{
		Key:  table.Key{Partition: room, Sort: fmt.Sprintf("LOG#%016d", n)},
		Data: []byte(strings.Repeat("x", 300)),
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			tab := open(b, filepath.Join(b.TempDir(), "table.db"), nil)
			var next atomic.Int64
			var wg sync.WaitGroup
			before := tab.Commits()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						item := event(fmt.Sprint("room ", n%100), int(n))
						if err := tab.Write(b.Context(), table.Put(item, table.IfAbsent)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64(b.N)/float64(tab.Commits()-before), "writes/commit")
		})
	}
}

const bigRoom = 100_000

// fillRoom writes a room of bigRoom events.
func fillRoom(b *testing.B) *Table {
	tab := open(b, filepath.Join(b.TempDir(), "table.db"), nil)
	ops := make([]table.Op, 0, table.MaxOps)
	for n := range bigRoom {
		ops = append(ops, table.Put(event("room", n), table.Always))
		if len(ops) == cap(ops) {
			if err := tab.Write(b.Context(), ops...); err != nil {
				b.Fatal(err)
			}
			ops = ops[:0]
		}
	}
	return tab
}

func BenchmarkGet(b *testing.B) {
	tab := fillRoom(b)
	for n := 0; b.Loop(); n++ {
		if _, err := tab.Get(b.Context(), event("room", n*7919%bigRoom).Key, table.Strong); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuery_50of100000(b *testing.B) {
	tab := fillRoom(b)
	for n := 0; b.Loop(); n++ {
		after := event("room", n*7919%(bigRoom-50)).Key.Sort
		page, err := tab.Query(b.Context(), table.Range{Partition: "room", Prefix: "LOG#", After: after, Limit: 50})
		if err != nil || len(page.Items) < 49 {
			b.Fatal(len(page.Items), err)
		}
	}
}

func BenchmarkQuery_headOf100000(b *testing.B) {
	tab := fillRoom(b)
	for b.Loop() {
		page, err := tab.Query(b.Context(), table.Range{Partition: "room", Prefix: "LOG#", Reverse: true, Limit: 1})
		if err != nil || len(page.Items) != 1 {
			b.Fatal(len(page.Items), err)
		}
	}
}
