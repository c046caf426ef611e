package chat_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

func TestHistory_invalidArguments_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	id := w.say(p.ann.Token, "héllo").ID
	for name, req := range map[string]chat.HistoryRequest{
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
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A wait and a page of history return the first part and where the rest begins.
func TestHistory_longText_isReadInParts(t *testing.T) {
	for name, text := range map[string]string{
		"letters":     strings.Repeat("abcdefgh", core.MaxText/8),
		"characters":  strings.Repeat("€", core.MaxText/3),
		"quotes":      strings.Repeat(`"`, core.MaxText),
		"line breaks": "x" + strings.Repeat("\n", core.MaxText-1),
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
			t.Errorf("%s: a wait gives %d bytes, history %d", name, len(first.Text), len(m.Text))
		}
		whole := first.Text
		for more := first.More; more != nil; {
			if more.ID != id || more.Offset != len(whole) {
				t.Fatalf("%s: after %d bytes more is %+v", name, len(whole), more)
			}
			page := w.history(p.bob.Token, chat.HistoryRequest{ID: more.ID, Offset: more.Offset})
			m := page.Messages[0]
			if !utf8.ValidString(m.Text) || m.Text == "" || page.HasMore != (m.More != nil) {
				t.Fatalf("%s: part at %d: %+v", name, more.Offset, m)
			}
			whole += m.Text
			more = m.More
		}
		if whole != text {
			t.Errorf("%s: the parts make %d of %d bytes", name, len(whole), len(text))
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

// sees fails unless the newcomer sees exactly want of the earlier messages: in the
// result of its join, in history read in both directions, and by id.
func (w *world) sees(got chat.Seated, all []chat.Message, want ...string) {
	w.t.Helper()
	same(w.t, "messages of the join", texts(got.Messages), want)
	same(w.t, "history", texts(w.history(got.Token, chat.HistoryRequest{}).Messages), want)
	seen := w.history(got.Token, chat.HistoryRequest{Limit: 100}).Messages
	onwards := w.history(got.Token, chat.HistoryRequest{After: seen[0].ID}).Messages
	same(w.t, "history from the first", texts(append(seen[:1], onwards...)), want)
	var read []string
	for _, m := range all {
		page, err := w.History(w.t.Context(), chat.HistoryRequest{Token: got.Token, ID: m.ID})
		switch {
		case err == nil && m.Type == chat.EventSaid:
			read = append(read, page.Messages[0].Text)
		case err != nil:
			wants(w.t, err, fault.InvalidArgument)
		}
	}
	same(w.t, "by id", read, want)
}

// A cursor of another seat is recognized by ten bits, so one in a thousand is not.
func TestNewcomer_replyOrCursorFromBefore_showsNothing(t *testing.T) {
	const rooms, accidents = 4, 2
	taken := 0
	for range rooms {
		w := newWorld(t)
		p := w.pair()
		secret := w.say(p.ann.Token, "between the two of us")
		w.leave(p.bob.Token)
		cid := w.join("plans", "Cid")
		_, err := w.Send(t.Context(), chat.SendRequest{Token: cid.Token, Text: "what was that?", ReplyTo: secret.ID})
		wants(t, err, fault.InvalidArgument)
		for _, cursor := range []string{p.ann.Cursor, p.bob.Cursor, "c0000000000000"} {
			got, err := w.Wait(t.Context(), chat.WaitRequest{Token: cid.Token, Cursor: cursor})
			if err == nil {
				taken++
			}
			if len(got.Messages) > 0 {
				t.Errorf("with the cursor %s: %+v", cursor, got)
			}
		}
	}
	if taken > accidents {
		t.Errorf("%d cursors from before were taken for the newcomer's", taken)
	}
}

// Messages were meant for those who could join when they were sent.
func TestNewcomer_accessChanged_seesNothingFromBefore(t *testing.T) {
	for what, c := range map[string]struct {
		room   chat.CreateRequest
		update chat.UpdateRequest
		by     string
	}{
		"password added":   {chat.CreateRequest{}, chat.UpdateRequest{Password: "pw"}, "plans:pw"},
		"public":           {chat.CreateRequest{}, chat.UpdateRequest{Public: yes()}, "plans"},
		"password removed": {chat.CreateRequest{Password: "pw"}, chat.UpdateRequest{RemovePassword: true}, "plans"},
		"more seats":       {chat.CreateRequest{}, chat.UpdateRequest{Capacity: 6}, "plans"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t).elsewhere()
			c.room.Room, c.room.AgentName, c.room.Capacity = "plans", "Ann", 5
			ann := w.create(c.room)
			w.say(ann.Token, "among those who were here")
			c.update.Token = ann.Token
			w.update(c.update)
			w.say(ann.Token, "to those who may come now")
			w.update(chat.UpdateRequest{Token: ann.Token, Description: "draws no line"})
			for _, name := range []string{"Bob", "Cid"} {
				w.sees(w.elsewhere().join(c.by, name), w.all(ann.Token), "to those who may come now")
			}
			got := w.enter(chat.JoinRequest{Token: ann.Token})
			same(t, "Ann still reads", texts(w.all(got.Token)),
				[]string{"among those who were here", "to those who may come now"})
		})
	}
}

func TestNewcomer_hiddenHistory_isCounted(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	if p.ann.Hidden != 0 || p.bob.Hidden != 0 {
		t.Error("nothing was said before they came")
	}
	w.say(p.ann.Token, "between us")
	w.tell(p.ann.Token, "a private word does not count", "Bob")
	w.say(p.bob.Token, "indeed")
	w.leave(p.bob.Token)
	cid := w.join("plans", "Cid")
	if cid.Hidden != 2 {
		t.Errorf("two messages are hidden from Cid: %d", cid.Hidden)
	}
	for token, want := range map[string]int64{w.person(cid): 2, cid.Token: 0, w.person(p.ann): 0} { // its page tells
		if got := w.info(token).Hidden; got != want {
			t.Errorf("room_info says that %d messages are hidden, want %d", got, want)
		}
	}
	open := w.enter(chat.JoinRequest{Room: "den", AgentName: "Ann", Password: "sesame"})
	w.say(open.Token, "for all who know the word")
	if got := w.enter(chat.JoinRequest{Room: "den", AgentName: "Bob", Password: "sesame"}); got.Hidden != 0 {
		t.Errorf("a room with a password hides %d messages", got.Hidden)
	}
}
