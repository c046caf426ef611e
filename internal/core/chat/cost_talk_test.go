package chat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// world returns one on DynamoDB Local whose calls are recorded.
func (b *bill) world(t *testing.T) *world {
	t.Helper()
	clock, tbl := b.newTable(t)
	return &world{t: t, clock: clock, table: tbl, Service: chat.New(tbl, chat.Options{Clock: hurriedClock{clock}})}
}

// A send without a cursor hands nothing out, so nothing is read of how far the agent has read, whether the events have
// left the tail in memory or not.
func TestSend_withoutACursor_readsNothing(t *testing.T) {
	for _, seats := range []int{2, core.MaxCapacity} {
		var reads []string
		clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		count := func(_ context.Context, c *tabletest.Call) {
			if c.Method != tabletest.Write {
				reads = append(reads, fmt.Sprint(c.Method, c.Key, c.Range.Prefix, len(c.Page.Items)))
			}
		}
		counting := &tabletest.Hooks{Table: sqlitetest.Open(t, clock), After: count}
		w := onTable(t, clock, counting, chat.Options{})
		ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: seats})
		var last chat.Seated
		for n := 1; n < seats; n++ {
			last = w.join("plans", fmt.Sprint("Agent ", n))
		}
		for n := range 120 { // 94 KB, of which the tail has room for 64
			reads = nil
			w.say(last.Token, text(n))
			reads = nil
			w.say(ann.Token, text(n))
			if n > 0 && len(reads) > 0 { // the first finds out who has called
				t.Fatalf("%d seats: send %d reads %v", seats, n, reads)
			}
		}
	}
}

// Three agents talk through one warm process. Each passes the cursor of its last result.
func TestSend_onDynamoDB_thatChangesTheTalkState_costsOneWriteOfOneUnit(t *testing.T) {
	var b bill
	w := b.world(t)
	p := w.company()
	all := []*chat.Seated{&p.ann, &p.bob, &p.cid}
	for _, s := range all {
		w.say(s.Token, "hello of "+s.Name)
	}
	said := 0
	id := map[string]string{}
	for _, c := range []struct {
		name  string
		by    *chat.Seated
		req   chat.SendRequest
		reads int // of the current head for a name in ask or to, and of who will not answer soon
	}{
		{"a request to anyone", &p.ann, chat.SendRequest{Kind: room.Request}, 0},
		{"its answer", &p.bob, chat.SendRequest{ReplyTo: "a request to anyone"}, 0},
		{"a request to Cid", &p.ann, chat.SendRequest{Ask: []string{"Cid"}}, 2},
		{"his answer", &p.cid, chat.SendRequest{ReplyTo: "a request to Cid"}, 0},
		{"another request", &p.bob, chat.SendRequest{Kind: room.Request}, 0},
		{"its withdrawal", &p.bob, chat.SendRequest{Withdraw: "another request"}, 0},
		{"a proposal", &p.ann, chat.SendRequest{Kind: room.Proposal}, 1},
		{"an agreement of one of two", &p.bob, chat.SendRequest{Kind: room.Agree, ReplyTo: "a proposal"}, 0},
		{"an objection", &p.cid, chat.SendRequest{Kind: room.Object, ReplyTo: "a proposal"}, 0},
		{"done", &p.ann, chat.SendRequest{Kind: room.Done}, 0},
		{"a word after it", &p.ann, chat.SendRequest{}, 0},
		{"a private word", &p.ann, chat.SendRequest{To: []string{"Bob"}}, 2},
	} {
		for _, s := range all { // so that nothing is unread
			s.Cursor = w.look(s.Token, s.Cursor).Cursor
		}
		said++
		c.req.Token, c.req.Cursor, c.req.Text = c.by.Token, c.by.Cursor, fmt.Sprintf("%d: %s", said, c.name)
		c.req.ReplyTo, c.req.Withdraw = id[c.req.ReplyTo], id[c.req.Withdraw]
		var got chat.Sent
		reads, writes := b.of(func() { got = w.sends(c.req) })
		id[c.name] = got.ID
		if len(reads) != c.reads || len(writes) != 1 || writes[0].Operation != "PutItem" ||
			writes[0].WriteUnits != 1 {
			t.Errorf("%s: %d reads %v, %d writes %v", c.name, len(reads), reads, len(writes), writes)
		}
	}
}

// The text of an agreement outlives its events, so that it is an item of its own.
func TestAgree_onDynamoDB_thatCompletes_writesOneMoreItem(t *testing.T) {
	var b bill
	w := b.world(t)
	p := w.pair()
	w.say(p.bob.Token, "hello")
	id := w.propose(p.ann.Token, "we ship on Friday")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	reads, writes := b.of(func() {
		w.sends(chat.SendRequest{Token: p.bob.Token, Kind: room.Agree, ReplyTo: id, Cursor: p.bob.Cursor})
	})
	units := 0.0
	for _, c := range writes {
		units += c.WriteUnits
	}
	if len(reads) != 0 || len(writes) != 1 || writes[0].Items != 2 || units != 2 {
		t.Errorf("%d reads %v, %d writes %v of %g units", len(reads), reads, len(writes), writes, units)
	}
	same(t, "agreed", w.agreements(p.ann.Token), []string{"Ann: we ship on Friday"})
}

// An absence or an activity costs one unit more, and only when it changes. A word about an absence costs a read, too.
func TestSend_onDynamoDB_withAnAbsence_costsOneMoreUnitWhenItChanges(t *testing.T) {
	var b bill
	w := b.world(t)
	p := w.pair()
	w.say(p.bob.Token, "hello")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	for i, c := range []struct {
		name          string
		req           chat.SendRequest
		reads, writes int
	}{
		{"neither", chat.SendRequest{}, 0, 1},
		{"an activity", chat.SendRequest{Activity: "reading"}, 0, 2},
		{"an absence", chat.SendRequest{Absence: away(time.Hour)}, 1, 2},
		{"neither again", chat.SendRequest{}, 0, 1},
		{"back", chat.SendRequest{Absence: away(0)}, 1, 2},
		{"back again", chat.SendRequest{Absence: away(0)}, 1, 1},
	} {
		c.req.Token, c.req.Text, c.req.Cursor = p.bob.Token, fmt.Sprintf("%d: %s", i, c.name), p.bob.Cursor
		reads, writes := b.of(func() { p.bob.Cursor = w.sends(c.req).Waited.Cursor })
		if len(reads) != c.reads || len(writes) != c.writes {
			t.Errorf("%s: %d reads %v, %d writes %v", c.name, len(reads), reads, len(writes), writes)
		}
	}
}

// A draft, and a decision about one, are one Write each: the event, the seat and the
// snapshot. What is not sent writes nothing.
func TestSupervision_onDynamoDB_costOneWriteForADraftAndOneForADecision(t *testing.T) {
	var b bill
	w := b.world(t)
	p := w.company()
	person := w.person(p.bob)
	w.look(p.bob.Token, w.say(p.bob.Token, "hello").Waited.Cursor)
	var id string
	send := func(text string) func() {
		return func() {
			got, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: text})
			if err != nil {
				t.Error(err)
			}
			id = got.ID
		}
	}
	for _, c := range []struct {
		name          string
		do            func()
		reads, writes int
		items         int
	}{
		{"a send without supervision", send("one"), 0, 1, 1},
		{"approval", func() { w.approves(person, true) }, 1, 1, 3},
		{"a draft", send("two"), 1, 1, 3}, // whether a page is open
		{"the same draft", send("two"), 2, 0, 0},
		{"a decision", func() { w.decides(person, id, room.SendDraft, "") }, 1, 1, 3},
		{"a pause", func() { w.pauses(person, true) }, 1, 1, 3},
		{"a send of a paused agent", send("three"), 1, 0, 0},
	} {
		reads, writes := b.of(c.do)
		items := 0
		for _, x := range writes {
			items += x.Items
		}
		if len(reads) != c.reads || len(writes) != c.writes || items != c.items {
			t.Errorf("%s: %d reads %v, %d writes %v of %d items", c.name, len(reads), reads, len(writes), writes, items)
		}
	}
}
