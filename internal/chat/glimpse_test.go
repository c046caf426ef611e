package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/chat"
)

func TestGlimpse_publicRoom_showsWhatANewcomerWouldSee(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "market", AgentName: "Ann", Description: "what is on offer", Capacity: 3, Public: true})
	bob := w.join("market", "Bob")
	w.say(ann.Token, "three apples")
	if _, err := w.send(chat.SendRequest{Token: ann.Token, Text: "one is for you", To: []string{"Bob"}}); err != nil {
		t.Fatal(err)
	}
	w.say(bob.Token, "sold")
	for _, w := range []*world{w, w.elsewhere()} {
		got, err := w.Glimpse(t.Context(), " MARKET ")
		if err != nil {
			t.Fatal(err)
		}
		same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Bob (member)"})
		same(t, "texts", texts(got.Messages), []string{"three apples", "sold"})
		if got.Room.Description != "what is on offer" || got.Earlier == 0 || got.Room.Agents[0].You {
			t.Errorf("got %+v", got)
		}
	}
}

func TestGlimpse_roomThatIsNotOpenToAll_isNotFound(t *testing.T) {
	w := newWorld(t)
	w.create(chat.CreateRequest{Room: "hidden", AgentName: "Ann"})
	w.create(chat.CreateRequest{Room: "locked", AgentName: "Ann", Public: true, Password: "pw"})
	left := w.create(chat.CreateRequest{Room: "left", AgentName: "Ann", Public: true})
	w.leave(left.Token)
	closed := w.create(chat.CreateRequest{Room: "closed", AgentName: "Ann", Public: true})
	if _, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: closed.Token, Close: true}); err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{"hidden", "locked", "left", "closed", "never was"} {
		if got, err := w.Glimpse(t.Context(), room); chat.CodeOf(err) != chat.RoomNotFound || got.Messages != nil {
			t.Errorf("%s: %+v, %v", room, got, err)
		}
	}
	if _, err := w.Glimpse(t.Context(), "locked:pw"); chat.CodeOf(err) != chat.InvalidArgument {
		t.Errorf("with a password: %v", err)
	}
}

// Who makes a room public opens it for what is said from then on.
func TestGlimpse_roomMadePublic_hidesWhatWasSaidBefore(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "den", AgentName: "Ann"})
	w.say(ann.Token, "among ourselves")
	if _, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: ann.Token, Public: new(true)}); err != nil {
		t.Fatal(err)
	}
	w.say(ann.Token, "welcome all")
	got, err := w.Glimpse(t.Context(), "den")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "texts", texts(got.Messages), []string{"welcome all"})
}
