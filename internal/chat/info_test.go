package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestInfo_byToken_describesTheOwnRoom(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Description: "all of it", Capacity: 3})
	w.say(ann.Token, "hello")
	bob := w.join("plans", "Bob")
	for _, w := range []*world{w, w.elsewhere()} {
		got := w.info(bob.Token)
		if got.Room.Name != "plans" || got.Room.Description != "all of it" || got.Room.Capacity != 3 ||
			got.Earlier != 1 || !got.Now.Equal(w.clock.Now()) {
			t.Errorf("got %+v", got)
		}
		same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Bob (member)"})
		if a := got.Room.Agents; a[0].You || !a[1].You {
			t.Errorf("Bob is %+v", a)
		}
	}
}

func TestInfo_byName_needsThePassword(t *testing.T) {
	w := newWorld(t)
	w.join("plans:pw", "Ann")
	for what, c := range map[string]struct {
		req  chat.InfoRequest
		code fault.Code
	}{
		"right":          {chat.InfoRequest{Room: "Plans", Password: "pw"}, ""},
		"after the name": {chat.InfoRequest{Room: "Plans:pw"}, ""},
		"none":           {chat.InfoRequest{Room: "plans"}, fault.WrongPassword},
		"wrong":          {chat.InfoRequest{Room: "plans:px"}, fault.WrongPassword},
		"two":            {chat.InfoRequest{Room: "plans:pw", Password: "px"}, fault.InvalidArgument},
		"no such room":   {chat.InfoRequest{Room: "plots"}, fault.RoomNotFound},
		"no name at all": {chat.InfoRequest{}, fault.InvalidArgument},
	} {
		got, err := w.RoomInfo(t.Context(), c.req)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			same(t, what, seats(got.Room), []string{"Ann ()"})
		}
	}
}

func TestInfo_byName_takesNoSeatAndCreatesNoRoom(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	before := w.info(p.ann.Token).Earlier
	if _, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"}); err != nil {
		t.Fatal(err)
	}
	if after := w.info(p.ann.Token).Earlier; after != before {
		t.Fatalf("%d events became %d", before, after)
	}
	for range 2 {
		_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plots"})
		wants(t, err, fault.RoomNotFound)
	}
}

func TestInfo_earlier_countsOnlyVisibleMessages(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "between the two of us")
	w.leave(p.bob.Token)
	w.say(p.ann.Token, "opening words")
	cid := w.join("plans", "Cid")
	w.tell(p.ann.Token, "in private", "Cid")
	if got := w.info(cid.Token).Earlier; got != 1 {
		t.Errorf("Cid is shown %d messages", got)
	}
	if got := w.info(p.ann.Token).Earlier; got != 2 {
		t.Errorf("Ann is shown %d messages", got)
	}
}

func TestInfo_open_countsWhatTheCallerSees(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	counts := func(s chat.Seated, want chat.Open) {
		t.Helper()
		if got := *w.info(s.Token).Open; got != want {
			t.Errorf("%s sees %+v, want %+v", s.Name, got, want)
		}
	}
	counts(p.ann, chat.Open{})
	w.ask(p.ann.Token, "blue?", "Bob")
	w.sends(chat.SendRequest{Token: p.ann.Token, Text: "between us: red?", Kind: room.Request, To: []string{"Cid"}})
	tea := w.propose(p.bob.Token, "tea")
	added, err := w.Task(t.Context(), chat.TaskRequest{Token: p.ann.Token, Action: chat.TaskAdd,
		Tasks: []chat.NewTask{{Title: "count the beans"}}})
	if err != nil {
		t.Fatal(err)
	}
	counts(p.ann, chat.Open{Requests: 2, Proposals: 1, Tasks: 1})
	counts(p.bob, chat.Open{Requests: 1, Proposals: 1, Tasks: 1})
	w.agree(p.ann.Token, tea)
	w.agree(p.cid.Token, tea)
	if _, err := w.Task(t.Context(), chat.TaskRequest{Token: p.bob.Token, Action: chat.TaskFinish,
		ID: added.Tasks[0].ID, Text: "312 beans"}); err != nil {
		t.Fatal(err)
	}
	counts(p.bob, chat.Open{Requests: 1})
}

// A stranger learns what the room is for, its seats and names, and nothing else.
func TestInfo_byName_showsNoStatesAndNoCounts(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.ann.Token, "hello")
	w.ask(p.ann.Token, "blue?", "Bob")
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Absence: away(time.Hour),
		Activity: "asleep"}); err != nil {
		t.Fatal(err)
	}
	got, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	if err != nil || got.Earlier != 0 || got.Requests != nil || got.Open != nil || got.Agreements != nil ||
		got.Room.Capacity != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, name := range []string{"Ann", "Bob", "Cid"} {
		if got.Room.Agents[i] != (chat.Agent{Name: name}) {
			t.Errorf("of %s it shows %+v", name, got.Room.Agents[i])
		}
	}
}
