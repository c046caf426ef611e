package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// ledger collects the requests to DynamoDB.
type ledger struct {
	mu    sync.Mutex
	calls []dynamotable.Call
}

func (l *ledger) observe(_ context.Context, c dynamotable.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

// take returns the bill for the requests since the last take.
func (l *ledger) take() bill {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	return billFor(calls)
}

// bill is what DynamoDB charges for some requests.
type bill struct {
	requests      map[string]int // by operation
	reads, writes int            // numbers of requests
	read, write   float64        // capacity units
}

// billFor adds up requests as the service charges them. The engine reports less:
// nothing for a write whose condition fails; and for a transaction the units of
// its total size, where the service rounds up each item.
func billFor(calls []dynamotable.Call) bill {
	b := bill{requests: map[string]int{}}
	for _, c := range calls {
		b.requests[c.Operation]++
		switch c.Operation {
		case "GetItem", "Query":
			b.reads++
			b.read += c.ReadUnits
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
