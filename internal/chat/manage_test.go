package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestManage_roleOrMute_isOneEventForAll(t *testing.T) {
	for _, c := range []struct {
		before, action room.Action
		want           chat.ManageStatus
		role           room.Role
		muted          bool
	}{
		{"", room.Promote, chat.StatusPromoted, room.Admin, false},
		{room.Mute, room.Promote, chat.StatusPromoted, room.Admin, false},
		{room.Promote, room.Demote, chat.StatusDemoted, room.Member, false},
		{"", room.Mute, chat.StatusMuted, room.Member, true},
		{room.Mute, room.Unmute, chat.StatusUnmuted, room.Member, false},
	} {
		t.Run(string(c.before+" then "+c.action), func(t *testing.T) {
			w := newWorld(t)
			p := w.trio()
			if c.before != "" {
				_, err := w.ManageAgent(t.Context(),
					chat.ManageRequest{Token: p.ann.Token, AgentName: "bob", Action: c.before})
				wants(t, err, "")
			}
			cursor := w.look(p.cid.Token, p.cid.Cursor).Cursor
			before := len(w.events(p.ann.Token))
			got, err := w.ManageAgent(t.Context(),
				chat.ManageRequest{Token: p.ann.Token, AgentName: "BOB", Action: c.action, Note: "as agreed"})
			if err != nil || got.Status != c.want || got.Name != "Bob" {
				t.Fatalf("got %+v, %v", got, err)
			}
			if after := len(w.events(p.ann.Token)); after != before+1 {
				t.Errorf("%d events became %d", before, after)
			}
			m := w.look(p.cid.Token, cursor).Messages
			if len(m) != 1 || m[0].Type != chat.EventRole || m[0].Action != c.action || m[0].Agent != "Bob" ||
				m[0].By != "Ann" || m[0].Note != "as agreed" {
				t.Errorf("Cid receives %+v", m)
			}
			for _, w := range []*world{w, w.elsewhere()} {
				if a := w.info(p.cid.Token).Room.Agents[1]; a.Name != "Bob" || a.Role != c.role || a.Muted != c.muted {
					t.Errorf("Bob is %+v", a)
				}
			}
		})
	}
}

func TestManage_noChange_writesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	before := len(w.events(p.ann.Token))
	for _, w := range []*world{w, w.elsewhere()} {
		w.manage(p.ann.Token, room.Demote, "Cid", chat.StatusNoChange)
		if got := w.manage(p.ann.Token, room.BanName, "e.v.e", chat.StatusNoChange); got.Renewed ||
			got.Invite != (chat.Invite{}) {
			t.Errorf("a ban that there is renews the invite: %+v", got)
		}
	}
	if after := len(w.events(p.ann.Token)); after != before {
		t.Errorf("%d events became %d", before, after)
	}
}

func TestManage_invalid_isRefusedAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for what, c := range map[string]struct {
		req  chat.ManageRequest
		code fault.Code
		says string
	}{
		"no action":        {chat.ManageRequest{AgentName: "Bob"}, fault.InvalidArgument, "promote"},
		"no name":          {chat.ManageRequest{Action: room.Kick}, fault.InvalidArgument, "agent_name is missing"},
		"nobody to let in": {chat.ManageRequest{AgentName: "Bob", Action: room.Readmit}, fault.InvalidArgument, "id"},
		"no knock": {chat.ManageRequest{Action: room.Readmit, ID: w.say(p.bob.Token, "no knock").ID},
			fault.InvalidArgument, "knock"},
		"nobody to kick": {chat.ManageRequest{AgentName: "Eve", Action: room.Kick}, fault.InvalidArgument,
			"removed already"},
		"note with a token": {chat.ManageRequest{AgentName: "Bob", Action: room.Kick, Note: "use " + p.ann.Token},
			fault.InvalidArgument, "secret"},
	} {
		t.Run(what, func(t *testing.T) {
			c.req.Token = p.ann.Token
			for _, w := range []*world{w, w.elsewhere()} {
				err := w.changesNothing(p.ann.Token,
					func() error { _, err := w.ManageAgent(t.Context(), c.req); return err })
				says(t, err, c.code, c.says)
			}
		})
	}
}

func TestKick_agent_losesItsSeatAndItsNameIsFree(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	p := here.pair()
	there.say(p.bob.Token, "my last words")
	here.look(p.ann.Token, "")
	got, err := here.ManageAgent(t.Context(),
		chat.ManageRequest{Token: p.ann.Token, AgentName: "bob", Action: room.Kick, Note: "too loud"})
	if err != nil || got.Status != chat.StatusKicked || got.Name != "Bob" {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, w := range []*world{here, there} {
		for call, err := range everyCall(w, p.bob.Token) {
			if call != "leave" {
				says(t, err, fault.Removed, "An admin has taken your seat")
			}
		}
	}
	again := there.join("plans", "Bob")
	if again.Token == p.bob.Token || len(texts(again.Messages)) != 0 {
		t.Errorf("Bob got %+v", again)
	}
	m := there.history(again.Token, chat.HistoryRequest{}).Messages
	if len(m) != 1 || m[0].Type != chat.EventJoined {
		t.Errorf("Bob reads %+v", m)
	}
	m = here.history(p.ann.Token, chat.HistoryRequest{}).Messages
	if i := slices.IndexFunc(m, func(m chat.Message) bool { return m.Type == chat.EventLeft }); i < 0 ||
		m[i].Reason != room.ReasonKicked || m[i].Agent != "Bob" || m[i].By != "Ann" || m[i].Note != "too loud" {
		t.Errorf("all read %+v", m)
	}
}

func TestMute_agent_cannotSpeakUntilUnmuted(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	for _, w := range []*world{w, w.elsewhere()} {
		err := w.changesNothing(p.ann.Token, func() error {
			_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "but"})
			return err
		})
		says(t, err, fault.NotAllowed, "muted you")
	}
	w.say(p.ann.Token, "he still hears")
	if got := w.look(p.bob.Token, ""); !slices.Contains(texts(got.Messages), "he still hears") || !got.Listening {
		t.Errorf("Bob got %+v", got)
	}
	w.manage(p.ann.Token, room.Unmute, "Bob", chat.StatusUnmuted)
	w.say(p.bob.Token, "thank you")
}

// Neither leaving, nor another spelling, nor a replaced seat ends a mute. An admin can
// unmute a name that is absent.
func TestMute_nameThatReturns_staysMuted(t *testing.T) {
	for what, again := range map[string]func(w *world, p trio) chat.Seated{
		"left, and came in another spelling": func(w *world, p trio) chat.Seated {
			w.leave(p.bob.Token)
			return w.join("plans", "B.0.B")
		},
		"its lease ended": func(w *world, p trio) chat.Seated {
			w.clock.Advance(90 * time.Second)
			return w.join("plans", "Bob")
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.trio()
			w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
			bob := again(w, p)
			for _, w := range []*world{w, w.elsewhere()} {
				_, err := w.send(chat.SendRequest{Token: bob.Token, Text: "here I am again"})
				says(t, err, fault.NotAllowed, "muted you")
			}
			w.leave(bob.Token)
			w.manage(p.ann.Token, room.Unmute, "BOB", chat.StatusUnmuted)
			w = w.elsewhere()
			w.say(w.join("plans", "Bob").Token, "thank you")
		})
	}
}

// The shorter lease starts with the next call.
func TestDemote_seat_hasAMembersLease(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	w.look(p.bob.Token, "")
	w.manage(p.ann.Token, room.Demote, "Bob", chat.StatusDemoted)
	w.clock.Advance(10 * time.Minute)
	w.look(p.bob.Token, "")
	w.clock.Advance(15*time.Minute - time.Second)
	_, err := w.elsewhere().tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, time.Second)
	w.clock.Advance(time.Second)
	w.look(p.ann.Token, "")
	same(t, "seats", seats(w.elsewhere().join("plans", "Cid").Room), []string{"Ann (admin)", "Cid (member)"})
}

func TestKick_agentThatWaits_learnsByWhomAndWhy(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Bob", Action: room.Kick,
		Note: "too loud"}); err != nil {
		t.Fatal(err)
	}
	got := take(t, wait)
	if got.Status != chat.StatusRemoved || got.Reason != room.ReasonKicked || len(got.Messages) != 1 ||
		got.Messages[0].By != "Ann" || got.Messages[0].Note != "too loud" {
		t.Errorf("got %+v", got)
	}
}
