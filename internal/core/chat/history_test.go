package chat_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestHistory_invalidArguments_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	id := w.say(p.ann.Token, "héllo").ID
	for what, req := range map[string]chat.HistoryRequest{
		"two directions":            {Before: id, After: id},
		"direction and id":          {Before: id, ID: id},
		"agreements and id":         {Agreed: true, ID: id},
		"no id":                     {ID: "9"},
		"before no id":              {Before: "m123"},
		"after a cursor":            {After: p.bob.Cursor},
		"id of what will come":      {After: w.id(p.ann.Token, 99)},
		"negative limit":            {Limit: -1},
		"limit over 100":            {Limit: 101},
		"offset alone":              {Offset: 3},
		"negative offset":           {ID: id, Offset: -1},
		"offset at the end":         {ID: id, Offset: len("héllo")},
		"offset inside a character": {ID: id, Offset: 2},
		"offset in a join":          {ID: w.id(p.ann.Token, 1), Offset: 1},
		"unknown id":                {ID: w.id(p.ann.Token, 99)},
	} {
		req.Token = p.bob.Token
		if got, err := w.History(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// A wait and a page of history return the first part and where the rest begins.
func TestHistory_longText_isReadInParts(t *testing.T) {
	for what, text := range map[string]string{
		"letters":     strings.Repeat("abcdefgh", room.MaxText/8),
		"characters":  strings.Repeat("€", room.MaxText/3),
		"quotes":      strings.Repeat(`"`, room.MaxText),
		"line breaks": "x" + strings.Repeat("\n", room.MaxText-1),
		"just over":   strings.Repeat("a", 6<<10+1),
		"all at once": strings.Repeat("a", 6<<10),
	} {
		w := newWorld(t)
		p := w.pair()
		id := w.say(p.ann.Token, text).ID
		first := w.look(p.bob.Token, p.bob.Cursor).Messages[0]
		byNumber := w.history(p.bob.Token, chat.HistoryRequest{ID: id})
		m, more := byNumber.Messages[0], len(text) > 6<<10
		if m.Text != first.Text || (m.More != nil) != more || more && *m.More != *first.More ||
			byNumber.HasMore != more {
			t.Errorf("%s: a wait gives %d bytes, history %d", what, len(first.Text), len(m.Text))
		}
		whole := first.Text
		for more := first.More; more != nil; {
			if more.ID != id || more.Offset != len(whole) {
				t.Fatalf("%s: after %d bytes more is %+v", what, len(whole), more)
			}
			page := w.history(p.bob.Token, chat.HistoryRequest{ID: more.ID, Offset: more.Offset})
			m := page.Messages[0]
			if !utf8.ValidString(m.Text) || m.Text == "" || page.HasMore != (m.More != nil) {
				t.Fatalf("%s: part at %d: %+v", what, more.Offset, m)
			}
			whole += m.Text
			more = m.More
		}
		if whole != text {
			t.Errorf("%s: the parts make %d of %d bytes", what, len(whole), len(text))
		}
	}
}

// A long talk before the join costs the newcomer no reads.
func TestHistory_newcomer_readsOnlyVisibleEventsFromTheTable(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i := range 250 {
		w.say(p.ann.Token, fmt.Sprintf("message %d between the two of us", i))
	}
	w.leave(p.bob.Token)
	cid := w.join("plans", "Cid")
	cid.Messages = w.history(cid.Token, chat.HistoryRequest{}).Messages
	var calls atomic.Int64
	behind := counting(w.table, &calls)
	service := chat.New(behind, chat.Options{Clock: w.clock, SingleProcess: true})
	for i, req := range []chat.HistoryRequest{{}, {}, {Before: cid.Messages[0].ID}, {After: cid.Messages[0].ID}} {
		before := calls.Load()
		req.Token = cid.Token
		if got, err := service.History(t.Context(), req); err != nil || len(texts(got.Messages)) != 0 {
			t.Errorf("%+v gave %+v, %v", req, got, err)
		}
		if n := calls.Load() - before; i > 0 && n > 1 { // the first loads the room
			t.Errorf("%+v took %d calls of the table", req, n)
		}
	}
}

// A newcomer of a public room is shown its messages. Agents that came and went before those cost no reads.
func TestJoin_whereManyCameAndWent_readsNoFurtherThanTheMessages(t *testing.T) {
	calls := func(visits, said int) int64 {
		w := newWorld(t)
		var calls atomic.Int64
		w.Service = chat.New(counting(w.table, &calls), chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1})
		ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
		for range visits {
			w.leave(w.join("plans", "Bob").Token)
		}
		for i := range said {
			w.say(ann.Token, fmt.Sprintf("message %d", i))
		}
		before := calls.Load()
		if bob := w.join("plans", "Bob"); len(texts(bob.Messages)) != said || bob.Earlier != 0 {
			t.Errorf("after %d visits, Bob is shown %+v and told of %d more", visits, bob.Messages, bob.Earlier)
		}
		return calls.Load() - before
	}
	for said := range 4 {
		if few, many := calls(1, said), calls(150, said); few != many {
			t.Errorf("%d messages: a join takes %d calls of the table after one visit, %d after 150", said, few, many)
		}
	}
}

// Who reads back page by page need not hear how far the server has looked: it reads on past what is hidden, so a
// page is short only for its size or at the beginning, and there is always a message to go on from.
func TestHistory_muchIsHidden_pagesAreFullAndEndAtTheBeginning(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for i := range 45 {
		w.say(p.bob.Token, fmt.Sprintf("open %d", i))
		for range 10 {
			w.tell(p.ann.Token, "between us", "Bob")
		}
	}
	var pages []string
	for before, more := "", true; more; {
		page := w.history(p.cid.Token, chat.HistoryRequest{Before: before, Limit: 20})
		pages, more = append(pages, fmt.Sprint(len(page.Messages))), page.HasMore
		if more {
			before = page.Messages[0].ID
		}
	}
	same(t, "messages by page", pages, []string{"20", "20", "8"}) // with the three joins
}

// Twenty messages take all the bytes that a join has for messages in a room whose agents are few.
func TestJoin_fewAgents_leaveAllTheBytesToMessages(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	one := w.history(ann.Token, chat.HistoryRequest{ID: w.say(ann.Token, "x").ID}).Messages[0]
	for i := range chat.JoinEvents {
		w.say(ann.Token, fmt.Sprintf("%02d", i)+strings.Repeat("x", chat.JoinBytes/chat.JoinEvents-one.Size()-1))
	}
	if got := w.join("plans", "Bob"); len(got.Messages) != chat.JoinEvents || got.Earlier != 1 {
		t.Errorf("Bob gets %d messages, and %d are earlier", len(got.Messages), got.Earlier)
	}
}

func TestJoin_manyAgents_leaveTheLastMessageHoweverLongItIs(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: room.MaxCapacity})
	for i := range room.MaxCapacity - 2 {
		w.join("plans", fmt.Sprint("Bob ", i))
	}
	w.say(ann.Token, "welcome")
	long := strings.Repeat("long ", chat.JoinBytes/6/5)
	w.say(ann.Token, long)
	same(t, "the last to come reads", texts(w.join("plans", "Cid").Messages), []string{long})
}
