package chat_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

func TestConversation_twoAgents_receiveEachMessageOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	if ann.Status != chat.StatusCreated || ann.Room.Agents[0].Role != room.Admin {
		t.Fatalf("Ann got %+v", ann)
	}
	w.say(ann.Token, "Hello, who is there?")
	bob := w.join("Plans", "Bob")
	if bob.Status != chat.StatusJoined || !slices.Equal(texts(bob.Messages), []string{"Hello, who is there?"}) {
		t.Fatalf("Bob got %+v", bob)
	}
	if got := w.say(bob.Token, "Bob here."); w.number(bob.Token, got.ID) != 4 {
		t.Fatalf("Bob's message is %+v", got)
	}
	got := w.look(ann.Token, ann.Cursor)
	if len(got.Messages) != 2 || got.Messages[0].Type != chat.EventJoined || got.Messages[1].Text != "Bob here." {
		t.Fatalf("Ann got %+v", got)
	}
	if again := w.look(ann.Token, got.Cursor); again.Status != chat.StatusQuiet ||
		place(t, ann.Token, again.Cursor) != place(t, ann.Token, got.Cursor) {
		t.Fatalf("then Ann got %+v", again)
	}
	if got := w.look(bob.Token, ""); got.Status != chat.StatusQuiet {
		t.Fatalf("Bob got %+v", got)
	}
}
