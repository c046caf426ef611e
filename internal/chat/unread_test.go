package chat_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

// Whoever takes the name of a ghost may be its owner, come back without its token,
// or anybody who knows the name.

func TestGhost_thatHadBeenHeard_leavesOnlyWhatItHasNotRead(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "the secret is 42")
	w.look(p.bob.Token, p.bob.Cursor)
	w.say(p.bob.Token, "noted")
	w.clock.Advance(time.Second) // and here Bob falls silent
	w.say(p.ann.Token, "are you still there?")
	w.clock.Advance(3 * time.Minute)
	again := w.join("plans", "Bob")
	if got := texts(again.Messages); !slices.Equal(got, []string{"are you still there?"}) {
		t.Errorf("the new Bob is given %q", got)
	}
	var held []string
	for _, m := range w.history(again.Token, chat.HistoryRequest{}).Messages {
		held = append(held, m.Text)
	}
	if slices.Contains(held, "noted") || slices.Contains(held, "the secret is 42") {
		t.Errorf("his history holds %q", held)
	}
}

func TestGhost_whoseJoinWasLost_leavesTheOpeningWords(t *testing.T) {
	for _, after := range []time.Duration{20 * time.Second, 5 * time.Minute} {
		w := newWorld(t)
		ann := w.join("plans", "Ann")
		w.say(ann.Token, "hello, who is there?")
		w.join("plans", "Bob") // of which no answer arrives
		w.clock.Advance(after)
		if got := texts(w.join("plans", "Bob").Messages); !slices.Equal(got, []string{"hello, who is there?"}) {
			t.Errorf("after %v Bob is given %q", after, got)
		}
	}
}

func TestGhost_whoseLeaseIsOver_leavesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "the secret is 42")
	w.clock.Advance(20 * time.Minute)
	w.say(p.ann.Token, "still here")
	if got := texts(w.join("plans", "Bob").Messages); len(got) != 0 {
		t.Errorf("the new Bob is given %q", got)
	}
}

func TestDeserted_publicRoom_isNeitherListedNorTold(t *testing.T) {
	w := newWorld(t)
	ann, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: "lounge", AgentName: "Ann", Public: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.LeaveRoom(t.Context(), ann.Token); err != nil {
		t.Fatal(err)
	}
	list, err := w.ListRooms(t.Context(), chat.ListRequest{})
	if err != nil || len(list.Rooms) != 0 {
		t.Errorf("listed: %+v, %v", list, err)
	}
	_, err = w.RoomInfo(t.Context(), chat.InfoRequest{Room: "lounge"})
	wants(t, err, fault.RoomNotFound)
}
