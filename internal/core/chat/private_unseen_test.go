package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
)

func TestUnseenMessages_endNoWait(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute})
	w.tell(p.ann.Token, "blue?", "Bob")
	w.tell(p.bob.Token, "yes", "Ann")
	now := w.say(p.ann.Token, "for all")
	got := take(t, waiting)
	same(t, "Cid receives", lines(got.Messages), []string{"Ann: for all"})
	if n := place(t, p.cid.Token, got.Cursor); n != w.number(p.cid.Token, now.ID) || got.HasMore {
		t.Errorf("the cursor is at %d, more: %v", n, got.HasMore)
	}
}

func TestUnseenMessages_cursorMovesPastThem(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		var last chat.Sent
		for i := range 130 { // more than a page
			last = w.tell(p.ann.Token, fmt.Sprintf("private %d", i), "Bob")
		}
		for what, cursor := range map[string]string{"with a cursor": p.cid.Cursor, "without": ""} {
			got := there.look(p.cid.Token, cursor)
			if got.Status != chat.StatusQuiet || place(t, p.cid.Token, got.Cursor) != w.number(p.cid.Token, last.ID) ||
				got.HasMore || got.Missed {
				t.Errorf("%s: %+v", what, got)
			}
		}
	})
}

func TestUnseenMessages_holdNoSendBack(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		cursor := p.cid.Cursor
		for i := range 40 { // more than a load reads
			w.tell(p.ann.Token, fmt.Sprintf("private %d", i), "Bob")
			if i%10 < 9 {
				continue
			}
			got, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: fmt.Sprintf("Cid's %d", i),
				Cursor: cursor})
			if err != nil || !got.Sent {
				t.Fatalf("after %d: %+v, %v", i, got, err)
			}
			cursor = got.Cursor
			if place(t, p.cid.Token, cursor) != w.number(p.cid.Token, got.ID) {
				t.Errorf("the cursor %s after message %s", cursor, got.ID)
			}
		}
		w.tell(p.ann.Token, "for Cid", "Cid")
		got, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: "Cid's last", Cursor: cursor})
		if err != nil || got.Sent {
			t.Fatalf("after a private message to Cid: %+v, %v", got, err)
		}
		same(t, "held back for", texts(got.Messages), []string{"for Cid"})
	})
}

// The events that the service has loaded are all hidden from Cid.
func TestUnseenMessages_freshlyLoadedRoom_holdNoSendBack(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i := range 40 {
		w.tell(p.ann.Token, fmt.Sprintf("private %d", i), "Bob")
	}
	there := w.elsewhere()
	got, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: "Cid's word", Cursor: p.cid.Cursor})
	if err != nil || !got.Sent || place(t, p.cid.Token, got.Cursor) != there.number(p.cid.Token, got.ID) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestUnseenMessages_leaveAnAgentWaiting(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.company()
	here.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: longWait})
	cid := func(after string, want chat.AgentState) {
		t.Helper()
		if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got != want {
			t.Errorf("after %s Cid is %s, want %s", after, got, want)
		}
	}
	cid("the beginning of its wait", chat.AgentWaiting)
	there.tell(p.ann.Token, "blue?", "Bob")
	cid("hidden messages", chat.AgentWaiting)
	there.tell(p.ann.Token, "and you?", "Cid")
	w.clock.Advance(chat.BetweenWaits)
	cid("a message", chat.AgentBusy)
}

func TestUnseenMessages_doNotAnswerASendThatWaits(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	done := make(chan chat.Sent, 1)
	go func() {
		got, _ := w.Send(t.Context(), chat.SendRequest{Token: p.cid.Token, Text: "anybody?", Wait: 30 * time.Second})
		done <- got
	}()
	await(t, "the wait", func() bool { return w.watch.count(30*time.Second) > 0 })
	w.tell(p.ann.Token, "not I", "Bob")
	w.say(p.bob.Token, "here I am")
	got := <-done
	same(t, "Cid is answered", lines(got.Messages), []string{"Bob: here I am"})
}
