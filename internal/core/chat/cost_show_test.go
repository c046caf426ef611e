package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

// A view looks for hours. Where nothing is new, a look reads what follows the log and who is there, and writes nothing.
// The first look reads what waits for the person and is older than the newest messages, one by one.
func TestShow_onDynamoDB_aQuietLookCostsTwoReads(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	talk := onTable(t, clock, tbl, chat.Options{})
	p := talk.company()
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
		{"first", func() {}, 7, 9},
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
