package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

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

// all returns the whole log as the first agent of the room sees it.
func (w *world) all(token string) []chat.Message {
	w.t.Helper()
	page := w.history(token, chat.HistoryRequest{Limit: 100})
	all := page.Messages
	for page.HasMore {
		page = w.history(token, chat.HistoryRequest{Limit: 100, Before: all[0].ID})
		all = append(page.Messages, all...)
	}
	return all
}

func TestNewcomer_privateRoom_seesMessagesSinceTheLastLeave(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "between the two of us")
	w.say(p.bob.Token, "indeed")
	w.leave(p.bob.Token)
	w.say(p.ann.Token, "opening words for whoever comes")
	cid := w.join("plans", "Cid")
	w.sees(cid, w.all(p.ann.Token), "opening words for whoever comes")
	if cid.Earlier != 0 {
		t.Errorf("%d earlier", cid.Earlier)
	}
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
			got := w.look(cid.Token, cursor)
			if got.Status != chat.StatusQuiet {
				t.Errorf("with the cursor %s: %+v", cursor, got)
			}
			if !got.CursorIgnored {
				taken++
			}
		}
	}
	if taken > accidents {
		t.Errorf("%d cursors from before were taken for the newcomer's", taken)
	}
}

func TestNewcomer_takesASilentSeat_seesNothingFromBefore(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "between the two of us")
	w.say(p.bob.Token, "indeed")
	w.clock.Advance(16 * time.Minute)
	w.say(p.ann.Token, "Bob, are you there?")
	cid := w.join("plans", "Cid")
	w.sees(cid, w.all(p.ann.Token))
	if cid.Earlier != 0 {
		t.Errorf("%d earlier", cid.Earlier)
	}
	w.say(p.ann.Token, "hello, Cid")
	same(t, "then Cid receives", lines(w.look(cid.Token, cid.Cursor).Messages), []string{"Ann: hello, Cid"})
}

func TestNewcomer_roomWithPassword_seesAllMessages(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans:pw", "Ann")
	bob := w.join("plans:pw", "Bob")
	w.say(bob.Token, "before")
	w.leave(bob.Token)
	w.sees(w.join("plans:pw", "Cid"), w.all(ann.Token), "before")
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
	if cid := w.join("plans", "Cid"); cid.Hidden != 2 {
		t.Errorf("two messages are hidden from Cid: %d", cid.Hidden)
	}
	open := w.enter(chat.JoinRequest{Room: "den", AgentName: "Ann", Password: "sesame"})
	w.say(open.Token, "for all who know the word")
	if got := w.enter(chat.JoinRequest{Room: "den", AgentName: "Bob", Password: "sesame"}); got.Hidden != 0 {
		t.Errorf("a room with a password hides %d messages", got.Hidden)
	}
}
