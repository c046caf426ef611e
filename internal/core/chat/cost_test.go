package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
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

// newTable returns a table on DynamoDB Local whose calls are recorded. Its clock is
// far ahead, since the engine deletes expired items by the system's time.
func (b *bill) newTable(t *testing.T) (*clockwork.FakeClock, *dynamotable.Table) {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock, Observe: b.observe})
	return clock, tbl
}

// text returns 800 bytes that differ for every i.
func text(i int) string { return fmt.Sprintf("%0*d%s", 10, i, strings.Repeat("x", 790)) }

func TestSend_onDynamoDB_costsOneWriteOfOneUnit(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	warm := chat.New(tbl, chat.Options{Clock: clock})
	ann, err := warm.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Annabella of the North"})
	if err != nil {
		t.Fatal(err)
	}
	send := func(s *chat.Service, i int) func() {
		return func() {
			if _, err := s.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: text(i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if reads, writes := b.of(send(warm, 0)); len(reads) != 1 || len(writes) != 2 {
		t.Errorf("the first send, which reads the presence and stores that the token was used, but reads no position: "+
			"%d reads %v, %d writes %v", len(reads), reads, len(writes), writes)
	}
	for i := 1; i < 40; i++ {
		reads, writes := b.of(send(warm, i))
		if len(reads) != 0 || len(writes) != 1 || writes[0].WriteUnits != 1 || writes[0].Operation != "PutItem" {
			t.Fatalf("a warm send: %d reads %v, %d writes %v", len(reads), reads, len(writes), writes)
		}
	}
	clock.Advance(3 * time.Second) // none of these may be newer than the next call
	cold := chat.New(tbl, chat.Options{Clock: clock})
	reads, writes := b.of(send(cold, 40))
	if len(reads) > 5 || len(writes) != 2 || writes[0].WriteUnits+writes[1].WriteUnits != 2 {
		t.Errorf("a cold send: %d reads %v, %d writes %v", len(reads), reads, len(writes), writes)
	}
	t.Logf("a cold send: reads %v, writes %v", reads, writes)
}

func TestWait_onDynamoDB_receivesMessagesOfAnotherProcess(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	o := chat.Options{Clock: hurriedClock{clock}}
	here, there := chat.New(tbl, o), chat.New(tbl, o)
	ann, err := here.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	bob, err := there.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	received := make(chan string, 1)
	go func() {
		for cursor := ann.Cursor; ; {
			got, err := here.Wait(t.Context(),
				chat.WaitRequest{Token: ann.Token, Cursor: cursor, Wait: 30 * time.Second})
			if err != nil || len(texts(got.Messages)) > 0 {
				received <- fmt.Sprint(texts(got.Messages), err)
				return
			}
			cursor = got.Cursor
		}
	}()
	if _, err := there.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "from another process"}); err != nil {
		t.Fatal(err)
	}
	if got := <-received; got != "[from another process] <nil>" {
		t.Fatal(got)
	}
}
