package chat_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

func TestSecrets_ofTokensAndPasswords_areNotInTheTable(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "open sesame", Public: true})
	bob := w.join("plans:open sesame", "Bob")
	w.say(bob.Token, "hello")
	w.look(ann.Token, "")
	w.clock.Advance(2 * time.Minute)
	again := w.join("plans:open sesame", "Bob") // and a note why the old seat is gone
	w.leave(again.Token)
	count := 0
	for _, partition := range []string{"ROOM#" + ann.Token[:7], "NAME#plans", "LISTED"} {
		page, err := w.table.Query(t.Context(), table.Range{Partition: partition, Limit: 100, Consistency: table.Strong})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			count++
			for _, secret := range []string{ann.Token[10:26], bob.Token[10:26], again.Token[10:26], "sesame"} {
				if strings.Contains(item.Key.Partition+item.Key.Sort+string(item.Data), secret) {
					t.Errorf("%s holds a secret: %s", item.Key, item.Data)
				}
			}
		}
	}
	if count < 9 { // six events, a snapshot, a name, a listing
		t.Errorf("looked at %d items", count)
	}
}

// counting counts the calls that reach a table.
type counting struct {
	table.Table
	calls atomic.Int64
}

func (c *counting) Get(ctx context.Context, k table.Key, how table.Consistency) (table.Item, error) {
	c.calls.Add(1)
	return c.Table.Get(ctx, k, how)
}

func (c *counting) Query(ctx context.Context, r table.Range) (table.Page, error) {
	c.calls.Add(1)
	return c.Table.Query(ctx, r)
}

func (c *counting) Write(ctx context.Context, ops ...table.Op) error {
	c.calls.Add(1)
	return c.Table.Write(ctx, ops...)
}

// TestToken_mistyped_costsNothing: who mistypes or guesses does not even reach
// the table.
func TestToken_mistyped_costsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	mistyped := p.ann.Token[:27] + "0"
	if p.ann.Token[27] == '0' {
		mistyped = p.ann.Token[:27] + "1"
	}
	behind := &counting{Table: w.table}
	cold := &world{t: t, clock: w.clock, table: behind, Service: chat.New(behind, chat.Options{Clock: w.clock})}
	for call, err := range everyCall(cold, mistyped) {
		if chat.CodeOf(err) != chat.TokenInvalid {
			t.Errorf("%s: %v", call, err)
		}
	}
	if n := behind.calls.Load(); n != 0 {
		t.Errorf("%d calls reached the table", n)
	}
}
