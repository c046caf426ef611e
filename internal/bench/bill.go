package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// ledger keeps the calls of DynamoDB since it was last read.
type ledger struct {
	mu    sync.Mutex
	calls []dynamotable.Call
}

func (l *ledger) observe(_ context.Context, c dynamotable.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

// take returns what was called since it was last asked.
func (l *ledger) take() bill {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	return billFor(calls)
}

// bill is what a call of ours has cost.
type bill struct {
	requests      map[string]int // by DynamoDB's name for them
	reads, writes int            // of the requests
	read, write   float64        // units
}

// billFor adds up calls as the service bills them. The engine on this machine
// tells less: of a read that finds nothing, no units, where the service takes
// half a unit at least; of a write whose condition fails, none either; and of a
// transaction the units of its sum, where the service rounds each item up.
func billFor(calls []dynamotable.Call) bill {
	b := bill{requests: map[string]int{}}
	for _, c := range calls {
		b.requests[c.Operation]++
		switch c.Operation {
		case "GetItem", "Query":
			b.reads++
			b.read += max(c.ReadUnits, 0.5)
		case "TransactWriteItems":
			b.writes++
			b.write += max(c.WriteUnits, 2*float64(c.Items))
		default:
			b.writes++
			b.write += max(c.WriteUnits, 1)
		}
	}
	return b
}

func (b bill) String() string {
	var parts []string
	for name, n := range b.requests {
		if n > 1 {
			name = fmt.Sprint(n, " ", name)
		}
		parts = append(parts, name)
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return "no request"
	}
	return strings.Join(parts, ", ")
}

func (b bill) row(what string) row {
	return row{
		What: "DynamoDB: " + what, Parley: b.String(),
		Beside: fmt.Sprintf("%g read and %g write units", b.read, b.write),
	}
}
