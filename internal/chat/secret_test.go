package chat_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
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

// counting returns a table that counts its calls.
func counting(below table.Table, calls *atomic.Int64) *tabletest.Hooks {
	return &tabletest.Hooks{Table: below, Before: func(context.Context, tabletest.Call) error {
		calls.Add(1)
		return nil
	}}
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
	var calls atomic.Int64
	behind := counting(w.table, &calls)
	cold := &world{t: t, clock: w.clock, table: behind, Service: chat.New(behind, chat.Options{Clock: w.clock})}
	for call, err := range everyCall(cold, mistyped) {
		if fault.CodeOf(err) != fault.TokenInvalid {
			t.Errorf("%s: %v", call, err)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls reached the table", n)
	}
}
