package pairing_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// TestQueue_onDynamoDB_asksLittle holds how often the table is asked by those who wait.
func TestQueue_onDynamoDB_asksLittle(t *testing.T) {
	var b bill
	tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Observe: b.observe})
	here, there := chat.New(tbl, chat.Options{}), chat.New(tbl, chat.Options{})
	enter := func(s *chat.Service, req pairing.Request) pairing.Result {
		t.Helper()
		got, err := s.EnterQueue(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	total := func(calls []dynamotable.Call) (units float64) {
		for _, c := range calls {
			units += c.ReadUnits + c.WriteUnits
		}
		return units
	}
	var ann pairing.Result
	reads, writes := b.of(func() { ann = enter(here, pairing.Request{AgentName: "Ann"}) })
	if len(reads) != 1 || len(writes) != 1 || total(writes) != 1 {
		t.Errorf("to enter: reads %v, writes %v", reads, writes)
	}
	reads, writes = b.of(func() { enter(here, pairing.Request{Ticket: ann.Ticket, Wait: 4 * time.Second}) })
	if len(reads) > 3+13 || total(reads) > 3+7 || len(writes) != 1 { // three at once, then up to two in the first second, and less and less
		t.Errorf("to wait for four seconds: %d reads %v, writes %v", len(reads), reads, writes)
	}
	t.Logf("to wait for four seconds: %d reads, %g units", len(reads), total(reads))
	reads, writes = b.of(func() { enter(there, pairing.Request{AgentName: "Bob"}) })
	if len(reads) > 7 || len(writes) > 3 {
		t.Errorf("to pair: reads %v, writes %v", reads, writes)
	}
	t.Logf("to pair: %d reads of %g units, %d writes of %g", len(reads), total(reads), len(writes), total(writes))
}
