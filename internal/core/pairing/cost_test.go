package pairing_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// bill records the calls of DynamoDB.
type bill struct {
	mu    sync.Mutex
	calls []dynamotable.Call
}

func (b *bill) observe(_ context.Context, c dynamotable.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, c)
}

// of returns the calls that do makes.
func (b *bill) of(do func()) (reads, writes []dynamotable.Call) {
	b.mu.Lock()
	b.calls = nil
	b.mu.Unlock()
	do()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		switch c.Operation {
		case "GetItem", "Query":
			reads = append(reads, c)
		default:
			writes = append(writes, c)
		}
	}
	return reads, writes
}

// units adds up what calls cost.
func units(calls []dynamotable.Call) (sum float64) {
	for _, c := range calls {
		sum += c.ReadUnits + c.WriteUnits
	}
	return sum
}

// TestEnterQueue_onDynamoDB_makesFewCalls bounds what entering, waiting and pairing
// cost. The clock is far ahead, since DynamoDB Local deletes expired items by the
// system's time.
func TestEnterQueue_onDynamoDB_makesFewCalls(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	var b bill
	tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock, Observe: b.observe})
	here := (&world{t: t, clock: clock, table: tbl}).elsewhere()
	there := here.elsewhere()

	var ann pairing.Result
	reads, writes := b.of(func() { ann = here.queue(pairing.Request{AgentName: "Ann"}) })
	if len(reads) != 1 || len(writes) != 1 || units(writes) != 1 {
		t.Errorf("entering: reads %v, writes %v", reads, writes)
	}
	// Three reads at once, then two in the first second and fewer in each later one.
	reads, writes = b.of(func() { here.queue(pairing.Request{Ticket: ann.Ticket, Wait: 4 * time.Second}) })
	if len(reads) > 3+13 || units(reads) > 3+7 || len(writes) != 1 {
		t.Errorf("waiting for four seconds: %d reads %v, writes %v", len(reads), reads, writes)
	}
	t.Logf("waiting for four seconds: %d reads, %g units", len(reads), units(reads))
	var bob pairing.Result
	reads, writes = b.of(func() { bob = there.queue(pairing.Request{AgentName: "Bob"}) })
	if bob.Status != pairing.Paired || len(reads) > 7 || len(writes) > 3 {
		t.Errorf("pairing: %s, reads %v, writes %v", bob.Status, reads, writes)
	}
	t.Logf("pairing: %d reads of %g units, %d writes of %g", len(reads), units(reads), len(writes), units(writes))
}
