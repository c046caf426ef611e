package dynamotable_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// DynamoDB Local says little about the speed of the service. These benchmarks
// measure the driver itself, above all its allocations.

func BenchmarkWrite_oneOp(b *testing.B) {
	benchmarkWrites(b, func(n int64) []table.Op { return []table.Op{event(n)} })
}

func BenchmarkWrite_twoOps(b *testing.B) {
	benchmarkWrites(b, func(n int64) []table.Op {
		return []table.Op{event(n), table.Put(item("META", "{}"), table.Always)}
	})
}

func BenchmarkQuery_tail(b *testing.B) {
	tbl, _ := dynamolocal.NewTable(b, dynamotable.Options{})
	fill(b, tbl, 50, func(n int) table.Item { return event(int64(n)).Item })
	b.ReportAllocs()
	for b.Loop() {
		page, err := tbl.Query(b.Context(), table.Range{Partition: "p", Prefix: "LOG#", After: event(40).Item.Key.Sort,
			Limit: 50})
		if err != nil || len(page.Items) != 9 {
			b.Fatal(len(page.Items), err)
		}
	}
}

func benchmarkWrites(b *testing.B, ops func(n int64) []table.Op) {
	tbl, _ := dynamolocal.NewTable(b, dynamotable.Options{})
	var n atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := tbl.Write(b.Context(), ops(n.Add(1))...); err != nil {
				b.Error(err)
			}
		}
	})
}

func event(n int64) table.Op {
	return table.Put(item(fmt.Sprintf("LOG#%016d", n), strings.Repeat("x", 800)), table.IfAbsent)
}
