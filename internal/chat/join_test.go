package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestJoin_missingRoom_createsItWithTheCallerAsAdmin(t *testing.T) {
	w := newWorld(t)
	got := w.join("Plans", "Ann")
	if got.Status != chat.StatusCreated || got.Name != "Ann" || len(got.Token) != 28 || got.Cursor == "" ||
		!got.Now.Equal(w.clock.Now()) {
		t.Errorf("Ann got %+v", got)
	}
	if len(got.Messages) != 0 || got.Earlier != 0 || got.HasMore {
		t.Errorf("a new room holds %+v", got)
	}
	r := got.Room
	if r.Name != "Plans" || r.Type != room.Group || r.Capacity != 2 || r.Public || r.PasswordProtected ||
		r.Description != "" {
		t.Errorf("the room is %+v", r)
	}
	same(t, "seats", seats(r), []string{"Ann (admin)"})
	if !r.Agents[0].You {
		t.Error("Ann does not know herself again")
	}
}

func TestJoin_invalidArguments_areRefusedAndCreateNothing(t *testing.T) {
	w := newWorld(t)
	for what, req := range map[string]chat.JoinRequest{
		"capacity of one":     {Room: "plans", AgentName: "Ann", Capacity: 1},
		"no room":             {AgentName: "Ann"},
		"no name":             {Room: "plans"},
		"name for the server": {Room: "plans", AgentName: "System"},
		"two passwords":       {Room: "plans:one", Password: "two", AgentName: "Ann"},
		"control in password": {Room: "plans", Password: "a\nb", AgentName: "Ann"},
	} {
		_, err := w.JoinRoom(t.Context(), req)
		if fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann", OnlyExisting: true})
	wants(t, err, fault.RoomNotFound)
}

func TestJoin_refused_writesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.enter(chat.JoinRequest{Room: "plots:pw", AgentName: "Ann"})
	for _, req := range []chat.JoinRequest{
		{Room: "plans:pw", AgentName: "Cid"}, {Room: "nowhere", AgentName: "Cid", OnlyExisting: true},
	} {
		w.changesNothing(p.ann.Token, func() error { _, err := w.JoinRoom(t.Context(), req); return err })
	}
}

func TestJoin_latestMessages_areTwentyAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann") // event 1
	for i := range 30 {
		w.say(ann.Token, fmt.Sprintf("opening word number %d", i))
	}
	got := w.join("plans", "Bob")
	said := texts(got.Messages)
	if len(got.Messages) != 20 || said[0] != "opening word number 10" || said[19] != "opening word number 29" {
		t.Fatalf("Bob was given %q", said)
	}
	if got.Earlier != 10 || got.HasMore {
		t.Fatalf("%d earlier, more %v; want ten messages earlier, and no more to come", got.Earlier, got.HasMore)
	}
	if next := w.look(got.Token, got.Cursor); next.Status != chat.StatusQuiet {
		t.Fatalf("and then once more %+v", next)
	}
}

func TestJoin_latestMessages_areSixKilobytesAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for i := range 5 {
		w.say(ann.Token, fmt.Sprint(i)+strings.Repeat("x", 2000))
	}
	got := w.join("plans", "Bob")
	if said := texts(got.Messages); len(said) != 2 || said[0][0] != '3' || said[1][0] != '4' {
		t.Fatalf("Bob was given %d messages", len(said))
	}
	if got.Earlier != 3 {
		t.Fatalf("%d earlier, want 3", got.Earlier)
	}
}
