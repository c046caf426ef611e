package chat_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A view looks for hours. Where nothing is new, a look reads what follows the log and who is there, and writes nothing.
// The first look reads what waits for the person and is older than the newest messages, one by one. A look reads six of
// the older messages that newer ones reply to, one by one.
func TestShow_onDynamoDB_aQuietLookCostsTwoReads(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	talk := onTable(t, clock, tbl, chat.Options{})
	p := talk.company()
	var old []string
	for n := range 8 {
		old = append(old, talk.say(p.ann.Token, fmt.Sprint("old ", n)).ID)
	}
	talk.ask(p.ann.Token, "Which day?", "Bob")
	for n := range 30 {
		talk.sends(chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprint("number ", n)})
	}
	view := talk.view(p.bob.Token)
	cold, after := talk.another(), ""
	for _, c := range []struct {
		name  string
		event func()
		reads int
		most  float64
	}{
		{"first", func() {}, 8, 9},
		{"quiet", func() {}, 2, 1.5},
		{"quiet, a minute later", func() { clock.Advance(time.Minute) }, 2, 1.5},
		{"after a message", func() { talk.say(p.ann.Token, "again") }, 2, 1.5},
		{"quiet again", func() {}, 2, 1.5},
		{"after a private message of others", func() { talk.tell(p.ann.Token, "psst", "Cid") }, 2, 1.5},
		{"quiet, behind that", func() {}, 2, 1.5},
		{"behind more than is cached", func() {
			for n := range 70 {
				talk.tell(p.ann.Token, fmt.Sprint("psst ", n), "Cid")
			}
		}, 3, 20},
		{"after replies to eight that are not cached", func() {
			for _, id := range old {
				talk.sends(chat.SendRequest{Token: p.ann.Token, Text: "as I said", ReplyTo: id})
			}
		}, 8, 7.5},
		{"quiet, behind the replies", func() {}, 2, 1.5},
	} {
		c.event()
		reads, writes := b.of(func() {
			if got := cold.viewed(view, after); len(got.Messages) > 0 {
				after = last(got)
			}
		})
		units := 0.0
		for _, r := range reads {
			units += r.ReadUnits
		}
		if len(reads) > c.reads || len(writes) != 0 || units > c.most {
			t.Errorf("%s: %d reads of %g units, %d writes, want %d of at most %g: %v", c.name, len(reads), units,
				len(writes), c.reads, c.most, reads)
		}
		t.Logf("%s: %d reads, %g units", c.name, len(reads), units)
	}
}

// An expired message costs a read, too.
func TestShow_repliesToExpiredMessages_costSixReads(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	view := w.view(p.bob.Token)
	var old []string
	for n := range 9 {
		old = append(old, w.say(p.ann.Token, fmt.Sprint("old ", n)).ID)
	}
	pass := func(days int) {
		for range days {
			w.clock.Advance(24 * time.Hour)
			w.look(p.bob.Token, "")
			w.say(p.ann.Token, "still here")
		}
	}
	pass(20)
	for _, id := range old {
		w.sends(chat.SendRequest{Token: p.ann.Token, Text: "as I said", ReplyTo: id})
	}
	pass(14)
	reads := 0
	counting := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if errors.Is(c.Err, table.ErrNotFound) && c.Method == tabletest.Get {
			reads++
		}
	}}
	got := onTable(t, w.clock, counting, chat.Options{}).viewed(view, "")
	if reads != 6 || len(got.Answered) != 0 {
		t.Errorf("%d reads find no message, want 6; found are %+v", reads, got.Answered)
	}
}
