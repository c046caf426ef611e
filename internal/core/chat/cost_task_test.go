package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
)

// Through a warm process. A transaction writes two units for each item of up to a kilobyte, which DynamoDB Local
// does not count. A list reads the end of the log, as every call does that must be current, and nothing of the
// tasks; on one machine it reads nothing at all. Who takes a task reads the results of those directly before. Who reads
// a check reads the task that was checked, once.
func TestTask_onDynamoDB_writesAnItemForEachTaskItChanges(t *testing.T) {
	var b bill
	w := b.world(t)
	p := w.company()
	for _, s := range []chat.Seated{p.ann, p.bob, p.cid} { // the presence of each is written
		w.say(s.Token, "hello of "+s.Name)
		w.tasks(s.Token)
	}
	nine := make([]string, 9)
	for i := range nine {
		nine[i] = fmt.Sprintf("task number %d, with a title of the usual length", i+1)
		if i > 0 {
			nine[i] += fmt.Sprintf(" < %d", i)
		}
	}
	for _, c := range []struct {
		name  string
		do    func()
		units int
		found int // items that it reads: the results of the tasks before
	}{
		{"add nine", func() { w.adds(p.ann.Token, nine...) }, 22, 0},
		{"list", func() { w.tasks(p.bob.Token) }, 0, 0},
		{"take", func() { w.task(p.bob.Token, chat.CommandTake, "") }, 6, 0},
		{"take again", func() { w.task(p.bob.Token, chat.CommandTake, "t1") }, 0, 0},
		{"release", func() { w.task(p.bob.Token, chat.CommandRelease, "t1") }, 6, 0},
		{"finish", func() { w.task(p.bob.Token, chat.CommandFinish, "t1") }, 8, 0},
		{"a report", func() {
			w.sends(chat.SendRequest{Token: p.bob.Token, Text: "painted", Finishes: []string{"t2"},
				Cursor: p.bob.Cursor})
		}, 8, 0},
		{"take the third", func() { w.task(p.bob.Token, chat.CommandTake, "t3") }, 6, 1},
		{"next", func() { w.task(p.bob.Token, chat.CommandNext, "t3") }, 12, 1},
		{"drop", func() { w.task(p.ann.Token, chat.CommandDrop, "t9") }, 8, 0},
		{"finish with what was run", func() { w.proves(p.bob.Token, "t4", ranTest) }, 8, 0},
		{"check", func() { w.does(checkOf(p.cid.Token, "t4", 2)) }, 6, 2},
		{"read that", func() { w.history(p.ann.Token, chat.HistoryRequest{Limit: 20}) }, 0, 1},
		{"remove it", func() { w.redact(p.ann.Token, w.checkID(p.ann.Token, "t4")) }, 8, 6},
		{"read both", func() { w.history(p.ann.Token, chat.HistoryRequest{Limit: 20}) }, 0, 1},
	} {
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor // so that nothing is unread
		reads, writes := b.of(c.do)
		items, found := 0, 0
		for _, x := range writes {
			items += x.Items
		}
		for _, x := range reads {
			found += x.Items
		}
		if 2*items != c.units || len(writes) > 1 || found != c.found {
			t.Errorf("%s: %d items %v, want %d; reads %v", c.name, items, writes, c.units/2, reads)
		}
	}
	page, err := w.table.Query(t.Context(), table.Range{Partition: "ROOM#" + p.ann.Token[:ident.RoomChars],
		Prefix: "META", Limit: 100, Consistency: table.Strong})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range page.Items {
		if len(item.Data) > 900 {
			t.Errorf("%s has %d bytes: %s", item.Key, len(item.Data), item.Data)
		}
	}
}
