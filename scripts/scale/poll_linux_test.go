package main

import (
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// BenchmarkPoll measures how much of a processor a poll takes that finds nothing.
func BenchmarkPoll(b *testing.B) {
	log, _ := dynamolocal.NewTable(b, dynamotable.Options{})
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	poll := func(pb *testing.PB) {
		for pb.Next() {
			if _, err := log.Query(b.Context(), table.Range{Partition: "ROOM#abcdefg", Prefix: "LOG#",
				After: "LOG#0000000000000005", Limit: 100, Consistency: table.Eventual}); err != nil {
				b.Error(err)
			}
		}
	}
	b.SetParallelism(4) // as a process that polls for many rooms
	before := used()
	b.RunParallel(poll)
	b.ReportMetric((used()-before)/float64(b.N), "cpu-ms/op")
}
