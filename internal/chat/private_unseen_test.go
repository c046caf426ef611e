package chat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

func TestUnseenMessages_endNoWait(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute}, 1)
	w.tell(p.ann.Token, "blue?", "Bob")
	w.tell(p.bob.Token, "yes", "Ann")
	now := w.say(p.ann.Token, "for all")
	got := take(t, waiting)
	same(t, "Cid receives", lines(got.Messages), []string{"Ann: for all"})
	if n := lastSeq(t, got.Cursor); n != now.Seq || got.HasMore {
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
			if got.Status != chat.StatusQuiet || lastSeq(t, got.Cursor) != last.Seq || got.HasMore || got.Missed {
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
			got, err := there.send(chat.SendRequest{Token: p.cid.Token, Text: fmt.Sprintf("Cid's %d", i), Cursor: cursor})
			if err != nil || !got.Sent {
				t.Fatalf("after %d: %+v, %v", i, got, err)
			}
			if cursor = got.Cursor; lastSeq(t, cursor) != got.Seq {
				t.Errorf("the cursor %s after message %d", cursor, got.Seq)
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
	got, err := w.elsewhere().send(chat.SendRequest{Token: p.cid.Token, Text: "Cid's word", Cursor: p.cid.Cursor})
	if err != nil || !got.Sent || lastSeq(t, got.Cursor) != got.Seq {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestUnseenMessages_leaveAnAgentWaiting(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := w.company()
	cid := func() chat.State { return there.info(p.ann.Token).Room.Agents[2].State }
	ctx, cancel := context.WithCancel(t.Context())
	open := w.open(ctx, chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute}, 2)
	there.tell(p.ann.Token, "blue?", "Bob")
	if got := cid(); got != chat.Waiting {
		t.Errorf("after hidden messages Cid is %s", got)
	}
	there.tell(p.ann.Token, "and you?", "Cid")
	if got := cid(); got != chat.Silent {
		t.Errorf("after a message Cid is %s", got)
	}
	cancel()
	<-open
}

func TestUnseenMessages_doNotAnswerASendThatWaits(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	done := make(chan chat.Sent, 1)
	go func() {
		got, _ := w.Send(t.Context(), chat.SendRequest{Token: p.cid.Token, Text: "anybody?", Wait: 30 * time.Second})
		done <- got
	}()
	if err := w.clock.BlockUntilContext(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	w.tell(p.ann.Token, "not I", "Bob")
	w.say(p.bob.Token, "here I am")
	got := <-done
	same(t, "Cid is answered", lines(got.Messages), []string{"Bob: here I am"})
}
