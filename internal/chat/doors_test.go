package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// TestLine_whoMayComeInChanges_newcomersSeeNothingFromBefore: what was said when
// others could come in was not said to those who can now.
func TestLine_whoMayComeInChanges_newcomersSeeNothingFromBefore(t *testing.T) {
	for what, c := range map[string]struct {
		room   chat.CreateRequest
		update chat.UpdateRequest
		by     string
	}{
		"password where there was none": {chat.CreateRequest{}, chat.UpdateRequest{Password: "pw"}, "plans:pw"},
		"public":                        {chat.CreateRequest{}, chat.UpdateRequest{Public: yes()}, "plans"},
		"public, with a password":       {chat.CreateRequest{Password: "pw"}, chat.UpdateRequest{Public: yes()}, "plans:pw"},
		"no password any more":          {chat.CreateRequest{Password: "pw"}, chat.UpdateRequest{RemovePassword: true}, "plans"},
		"public without the password":   {chat.CreateRequest{Password: "pw"}, chat.UpdateRequest{RemovePassword: true, Public: yes()}, "plans"},
		"another password":              {chat.CreateRequest{Password: "old"}, chat.UpdateRequest{Password: "pw"}, "plans:pw"},
		"not public any more":           {chat.CreateRequest{Public: true}, chat.UpdateRequest{Public: no()}, "plans"},
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
			same(t, "Ann still reads", texts(w.all(got.Token)), []string{"among those who were here", "to those who may come now"})
		})
	}
}

func TestLine_otherSettingsChange_newcomersSeeAllTheSame(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "pw"})
	w.say(ann.Token, "for those who know the word")
	w.update(chat.UpdateRequest{Token: ann.Token, Room: "plots", Description: "new", Capacity: 5, Type: room.Channel})
	w.sees(w.join("plots:pw", "Bob"), w.all(ann.Token), "for those who know the word")
}

// TestLine_staleSeatTaken_isNoWayRoundIt: neither a takeover nor the name of a
// ghost shows what was said before the line.
func TestLine_staleSeatTaken_isNoWayRoundIt(t *testing.T) {
	for what, name := range map[string]string{"takeover": "Cid", "name of the ghost": "Bob"} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t).elsewhere()
			p := w.pair()
			w.look(p.bob.Token, "")
			w.say(p.ann.Token, "between the two of us")
			w.update(chat.UpdateRequest{Token: p.ann.Token, Password: "pw"})
			w.say(p.ann.Token, "to those who know the word")
			w.clock.Advance(16 * time.Minute) // Bob's lease is over
			w.sees(w.elsewhere().join("plans:pw", name), w.all(p.ann.Token), "to those who know the word")
		})
	}
}

func TestLine_strangerAsks_isToldOnlyWhatANewcomerMaySee(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.say(ann.Token, "private")
	w.update(chat.UpdateRequest{Token: ann.Token, Public: yes()})
	w.say(ann.Token, "for all")
	got, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil || got.Earlier != 2 {
		t.Errorf("%d events, %v; want the change and what followed", got.Earlier, err)
	}
}

func TestClose_everybodyIsToldAndTheNameIsFree(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	p := here.trio()
	there.info(p.bob.Token)
	here.say(p.ann.Token, "the end")
	if got := here.update(chat.UpdateRequest{Token: p.ann.Token, Close: true}); got.Status != chat.StatusClosed || len(got.Changes) != 0 {
		t.Fatalf("got %+v", got)
	}
	for _, at := range []struct {
		*world
		token string
	}{{here, p.bob.Token}, {there, p.cid.Token}} {
		got := at.look(at.token, "")
		if got.Status != chat.StatusRemoved || got.Reason != room.ReasonClosed || len(got.Messages) == 0 {
			t.Fatalf("they are told %+v", got)
		}
		if last := got.Messages[len(got.Messages)-1]; last.Type != chat.Changed || last.Reason != room.ReasonClosed || last.By != "Ann" {
			t.Errorf("the last is %+v", last)
		}
	}
	cid := there.join("plans", "Cid")
	if cid.Status != chat.StatusCreated || cid.Token[:7] == p.ann.Token[:7] {
		t.Errorf("Cid got %+v", cid)
	}
}

func TestClose_tokensOnlyReadBackAndLeave(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.say(p.ann.Token, "the end")
	w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
	for _, w := range []*world{w, w.elsewhere()} {
		for _, token := range []string{p.ann.Token, p.bob.Token} {
			all := calls(w, token)
			for _, call := range []string{"join", "send", "info", "update", "manage"} {
				says(t, w.changesNothing(token, all[call]), fault.RoomClosed, "agree on a new room")
			}
			same(t, "reading back", texts(w.all(token)), []string{"the end"})
			if got, err := w.LeaveRoom(t.Context(), token); err != nil || got != chat.StatusAlreadyLeft {
				t.Errorf("leave: %q, %v", got, err)
			}
		}
	}
}

func TestClose_publicRoom_isListedNoMore(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
	w.update(chat.UpdateRequest{Token: ann.Token, Close: true})
	for _, w := range []*world{w, w.elsewhere()} {
		names, _ := w.list(chat.ListRequest{})
		same(t, "listed", names, nil)
		_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
		wants(t, err, fault.RoomNotFound)
	}
	if bob := w.create(chat.CreateRequest{Room: "plans", AgentName: "Bob", Public: true}); bob.Status != chat.StatusCreated {
		t.Errorf("Bob got %+v", bob)
	}
	names, _ := w.list(chat.ListRequest{})
	same(t, "listed", names, []string{"plans"})
}

// TestClose_wakesWhoWaits: nobody waits for a room that is no more.
func TestClose_wakesWhoWaits(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	open := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 1)
	w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
	if got := take(t, open); got.Status != chat.StatusRemoved || got.Reason != room.ReasonClosed {
		t.Errorf("Bob is told %+v", got)
	}
}

func TestClose_whileAnAgentJoins_anotherRoomBegins(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.update(chat.UpdateRequest{Token: ann.Token, Close: true}) }})
	bob := newcomer.join("plans", "Bob")
	if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] {
		t.Errorf("Bob got %+v", bob)
	}
}
