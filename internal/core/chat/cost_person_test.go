package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// A person speaks as cheaply as its agent, and watches for a unit a minute.
func TestPerson_onDynamoDB_costsAUnitAMessageAndAMinute(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	w := onTable(t, clock, tbl, chat.Options{SingleProcess: true})
	p := w.company()
	var person string
	units := func(what string, call func(), reads, writes int, want float64) {
		t.Helper()
		got, put := b.of(call)
		n := 0.0
		for _, c := range put {
			n += c.WriteUnits
		}
		if len(got) != reads || len(put) != writes || n != want {
			t.Errorf("%s: %d reads %v, %d writes of %g units %v", what, len(got), got, len(put), n, put)
		}
	}
	w.say(p.bob.Token, "hello")
	// the event, the snapshot and the seat
	if reads, writes := b.of(func() { person = w.person(p.bob) }); len(reads) != 0 || len(writes) != 1 ||
		writes[0].Items != 3 {
		t.Errorf("to open a link: %d reads %v, writes %v", len(reads), reads, writes)
	}
	cursor := w.look(person, "").Cursor
	for name, req := range map[string]chat.SendRequest{"a word": {Text: "hello"},
		"a note": {Text: "well done", To: []string{"Bob"}}, "an answer": {Text: "yes", ReplyTo: w.id(p.ann.Token, 4)}} {
		cursor = w.look(person, cursor).Cursor
		req.Token, req.Cursor = person, cursor
		units(name, func() { cursor = w.sends(req).Waited.Cursor }, 0, 1, 1)
	}
	wrote := func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.ContainsFunc(b.calls, func(c dynamotable.Call) bool { return c.WriteUnits > 0 })
	}
	var waiting <-chan answer
	_, puts := b.of(func() {
		waiting = w.open(t.Context(), chat.WaitRequest{Token: person, Cursor: cursor, Wait: longWait})
	})
	for range 4 {
		if len(puts) != 1 || puts[0].WriteUnits != 1 {
			t.Errorf("to watch for a minute: %v", puts)
		}
		_, puts = b.of(func() {
			if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil { // its end, and the next minute
				t.Fatal(err)
			}
			w.clock.Advance(time.Minute)
			await(t, "the next minute is written", wrote)
		})
	}
	_, puts = b.of(func() {
		if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(longWait - 4*time.Minute)
		if got := take(t, waiting); got.Status != chat.StatusQuiet {
			t.Errorf("the wait ends with %s", got.Status)
		}
	})
	if len(puts) > 0 {
		t.Errorf("its end: %v", puts)
	}
}

// A page asks for news of a hundred rooms: one without news costs what it costs to see that, and one with some less
// than the three tools that tell the same.
func TestNews_onDynamoDB_costsOneReadOfTheHead(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	w := onTable(t, clock, tbl, chat.Options{})
	p, person := w.approved()
	process := func() *world {
		return &world{t: t, clock: clock, table: tbl, Service: chat.New(tbl, chat.Options{Clock: hurriedClock{clock}})}
	}
	page, tools := process(), process()
	costs := func(what string, reads int, want float64, do func()) {
		t.Helper()
		read, put := b.of(do)
		units := 0.0
		for _, c := range read {
			units += c.ReadUnits
		}
		if len(read) != reads || units != want || len(put) > 0 {
			t.Errorf("%s: %d reads of %g units, want %d of %g: %v; writes %v", what, len(read), units, reads, want,
				read, put)
		}
	}
	from := knownAfter(chat.NewsFrom{}, page.newsOf(person, chat.NewsFrom{}))
	three := func() {
		tools.history(person, chat.HistoryRequest{After: from.After})
		tools.info(person)
		tools.supervise(person, chat.SuperviseRequest{})
	}
	three()
	costs("without news", 1, 1, func() { page.newsOf(person, from) })
	w.say(p.ann.Token, "well")
	costs("words", 1, 1, func() { from = knownAfter(from, page.newsOf(person, from)) })
	asked := w.ask(p.ann.Token, "blue?", "Bob")
	w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "yes", ReplyTo: asked})
	costs("the three tools", 7, 6, three)
	costs("a question and a draft", 2, 1.5, func() { from = knownAfter(from, page.newsOf(person, from)) })
	costs("after them", 1, 1, func() { page.newsOf(person, from) })
	for range 150 { // more than the cached tail has
		w.sends(chat.SendRequest{Token: p.ann.Token, Text: "psst", To: []string{"Cid"}})
	}
	page.newsOf(person, from)
	costs("after what it cannot see", 1, 1, func() { page.newsOf(person, from) })
}
