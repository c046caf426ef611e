package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// sees fails unless the newcomer sees exactly want of what was said before it
// came: in the answer to its join, by history either way, and by number.
func (w *world) sees(got chat.Seated, all []chat.Message, want ...string) {
	w.t.Helper()
	same(w.t, "the join tells", texts(got.Messages), want)
	same(w.t, "history", texts(w.history(got.Token, chat.HistoryRequest{}).Messages), want)
	same(w.t, "history from the first", texts(w.history(got.Token, chat.HistoryRequest{After: 1}).Messages), want)
	var read []string
	for _, m := range all {
		page, err := w.History(w.t.Context(), chat.HistoryRequest{Token: got.Token, Seq: m.Seq})
		switch {
		case err == nil && m.Type == chat.Said:
			read = append(read, page.Messages[0].Text)
		case err != nil:
			wants(w.t, err, fault.InvalidArgument)
		}
	}
	same(w.t, "by number", read, want)
}

// all is the whole log, as the first agent of the room sees it.
func (w *world) all(token string) []chat.Message {
	w.t.Helper()
	return w.history(token, chat.HistoryRequest{Limit: 100}).Messages
}

func TestNewcomer_roomWithoutPassword_seesWhatWasSaidSinceASeatWasGivenUp(t *testing.T) {
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

func TestNewcomer_roomWithAFreeSeat_seesAllSaidSinceTheBeginning(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	w.say(ann.Token, "one")
	bob := w.join("plans", "Bob")
	w.say(bob.Token, "two")
	w.sees(w.join("plans", "Cid"), w.all(ann.Token), "one", "two")
}

func TestNewcomer_replyOrCursorBeforeItsTime_opensNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	secret := w.say(p.ann.Token, "between the two of us")
	w.leave(p.bob.Token)
	cid := w.join("plans", "Cid")
	_, err := w.Send(t.Context(), chat.SendRequest{Token: cid.Token, Text: "what was that?", ReplyTo: secret.Seq})
	wants(t, err, fault.InvalidArgument)
	for _, cursor := range []string{p.ann.Cursor, p.bob.Cursor, "1-00"} {
		if got := w.look(cid.Token, cursor); got.Status != chat.StatusQuiet || !got.CursorIgnored {
			t.Errorf("with the cursor %s: %+v", cursor, got)
		}
	}
}

func TestNewcomer_whoTakesAStaleSeat_seesNothingSaidBefore(t *testing.T) {
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
	same(t, "then Cid hears", lines(w.look(cid.Token, cid.Cursor).Messages), []string{"Ann: hello, Cid"})
}

func TestNewcomer_behindATakeover_doesNotSeeWhatWasSaidBeforeIt(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	bob, cid := w.join("plans", "Bob"), w.join("plans", "Cid")
	w.say(bob.Token, "among the three of us")
	w.say(cid.Token, "indeed")
	w.clock.Advance(16 * time.Minute)
	w.say(cid.Token, "Bob?")
	dora := w.join("plans", "Dora") // in place of Bob
	w.say(dora.Token, "hello")
	w.leave(cid.Token)
	w.say(dora.Token, "anybody else?")
	w.sees(w.join("plans", "Eve"), w.all(ann.Token), "anybody else?")
}

func TestNewcomer_whoseLastJoinGotNoAnswer_seesWhatThatOneWouldHave(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.say(ann.Token, "opening words")
	w.join("plans", "Bob") // and the answer is lost
	w.clock.Advance(20 * time.Second)
	w.sees(w.join("plans", "Bob"), w.all(ann.Token), "opening words")
}

// TestNewcomer_behindAReplacedGhost: whoever came again under its own name has
// not given its seat up.
func TestNewcomer_behindAReplacedGhost_seesWhatWasSaidBefore(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
	w.say(ann.Token, "one")
	w.join("plans", "Bob") // and the answer is lost
	w.clock.Advance(20 * time.Second)
	w.join("plans", "Bob")
	w.say(ann.Token, "two")
	w.sees(w.join("plans", "Cid"), w.all(ann.Token), "one", "two")
}

func TestNewcomer_roomWithPassword_seesAll(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans:pw", "Ann")
	bob := w.join("plans:pw", "Bob")
	w.say(bob.Token, "before")
	w.leave(bob.Token)
	w.sees(w.join("plans:pw", "Cid"), w.all(ann.Token), "before")
}

func TestNewcomer_whoTakesAStaleSeatBehindAPassword_seesAll(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("plans:pw", "Ann"), w.join("plans:pw", "Bob")
	w.say(bob.Token, "before")
	w.clock.Advance(16 * time.Minute)
	w.sees(w.join("plans:pw", "Cid"), w.all(ann.Token), "before")
}

func TestNewcomer_publicRoom_seesAll(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
	bob := w.join("plans", "Bob")
	w.say(bob.Token, "before")
	w.leave(bob.Token)
	w.sees(w.join("plans", "Cid"), w.all(ann.Token), "before")
}
