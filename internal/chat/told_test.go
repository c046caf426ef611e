package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// A client gives a call up, the answer comes, and it repeats the call.
func TestSend_shortTextRepeatedAfterItsAnswerCameUnheard_isTheSameMessage(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, tell := range map[string]string{"short": "yes", "long": "yes, and a good deal more than forty bytes of it"} {
		req := chat.SendRequest{Token: p.ann.Token, Text: tell, Cursor: w.look(p.ann.Token, p.ann.Cursor).Cursor}
		first, err := w.Send(t.Context(), req)
		if err != nil || !first.Sent {
			t.Fatal(first, err)
		}
		w.say(p.bob.Token, "an answer to the "+name)
		again, err := w.Send(t.Context(), req)
		if err != nil || !again.Sent || !again.Duplicate || again.Seq != first.Seq {
			t.Errorf("%s: %+v, %v, want message %d", name, again, err, first.Seq)
		}
		p.ann.Cursor = w.look(p.ann.Token, req.Cursor).Cursor
		w.say(p.ann.Token, "heard "+name)
	}
}

func TestSend_shortTextAgainByOneWhoHeardTheAnswer_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: p.ann.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.bob.Token, "and this?")
	news := w.look(p.ann.Token, first.Cursor)
	got, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: news.Cursor})
	if err != nil || !got.Sent || got.Duplicate {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "good", Cursor: p.bob.Cursor}); err != nil || got.Sent {
		t.Errorf("Bob, who has read nothing: %+v, %v", got, err)
	}
}

func TestLeft_ofTheLastAdmin_tellsWhoIsAdminNow(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.ann.Token)
	if got := w.look(p.bob.Token, p.bob.Cursor).Messages; len(got) != 1 || got[0].NewAdmin != "Bob" {
		t.Errorf("got %+v", got)
	}
}

func TestKick_whileItWaits_isToldByWhomAndWhy(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 1)
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Bob", Action: room.Kick, Note: "too loud"}); err != nil {
		t.Fatal(err)
	}
	got := take(t, wait)
	if got.Status != chat.StatusRemoved || got.Reason != room.ReasonKicked || len(got.Messages) != 1 ||
		got.Messages[0].By != "Ann" || got.Messages[0].Note != "too loud" {
		t.Errorf("got %+v", got)
	}
}

func TestJoin_whereTalkIsHidden_saysSo(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	if p.ann.Hidden || p.bob.Hidden {
		t.Error("nothing was said before they came")
	}
	w.say(p.ann.Token, "between us")
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(3 * time.Minute)
	back := w.join("plans", "Bob")
	if !back.Replaced || !back.Hidden {
		t.Errorf("Bob, who lost its token: replaced %v, hidden %v", back.Replaced, back.Hidden)
	}
	w.leave(back.Token)
	if cid := w.join("plans", "Cid"); !cid.Hidden || cid.Replaced {
		t.Errorf("Cid: replaced %v, hidden %v", cid.Replaced, cid.Hidden)
	}
	open := w.enter(chat.JoinRequest{Room: "den", AgentName: "Ann", Password: "sesame"})
	w.say(open.Token, "for all who know the word")
	if got := w.enter(chat.JoinRequest{Room: "den", AgentName: "Bob", Password: "sesame"}); got.Hidden {
		t.Error("a room with a password hides nothing")
	}
}

func TestQuiet_tellsWhenTheOtherIsBackAndHowLongItIsSilent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(2 * time.Minute)
	if got := w.look(p.ann.Token, p.ann.Cursor); got.OthersIdle != 2*time.Minute || got.OthersAway != 0 {
		t.Errorf("Bob silent: %v, %v", got.OthersIdle, got.OthersAway)
	}
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, BackIn: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	if got := w.look(p.ann.Token, p.ann.Cursor); got.OthersAway != 9*time.Minute {
		t.Errorf("Bob away: %v", got.OthersAway)
	}
	if got := w.look(p.bob.Token, p.bob.Cursor); got.OthersAway != 0 {
		t.Errorf("Ann is not: %v", got.OthersAway)
	}
}

func TestAgentName_withATitleOfTheServers_isRefused(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"The Server of Parley", "Parley Fan", "Operator of it", "Room Moderator", "next", "Ser ver. server", "p4rley helper", "SYSTEM notice 7"} {
		if _, err := w.tryJoin("plans", name); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Serverin", "Parleyman", "Sys Admin of Bob", "Ann's Next.js helper"} {
		if _, err := w.JoinRoom(t.Context(), chat.JoinRequest{Room: "hall", AgentName: name, Capacity: 10}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}
