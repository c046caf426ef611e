package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// wakes fails unless does ends a wait of Cid at once or, if want is false, leaves it
// open until Ann sends Cid a private message.
func wakes(t *testing.T, forMe bool, does func(w *world, p company), want bool) {
	t.Helper()
	w := newWorld(t)
	p := w.company()
	if own := w.say(p.cid.Token, "Cid's own message"); w.number(p.cid.Token, own.ID) != 4 {
		t.Fatalf("Cid's message is %+v", own)
	}
	cursor := w.look(p.cid.Token, "").Cursor
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: cursor, Wait: time.Minute,
		ForMe: forMe})
	does(w, p)
	if !want {
		select {
		case got := <-waiting:
			t.Errorf("for_me %v: it ends: %+v", forMe, got)
			return
		case <-time.After(2 * time.Millisecond): // a wait that ends does so in less
		}
		w.tell(p.ann.Token, "the end of it", "Cid")
	}
	got := take(t, waiting)
	if got.Status != chat.StatusMessages {
		t.Fatalf("for_me %v: got %+v", forMe, got)
	}
	if last := got.Messages[len(got.Messages)-1].Text; (last == "the end of it") == want {
		t.Errorf("for_me %v: the last message is %q", forMe, last)
	}
}

// said returns a function in which Ann sends req.
func said(req chat.SendRequest) func(w *world, p company) {
	return func(w *world, p company) {
		req.Token = p.ann.Token
		if _, err := w.send(req); err != nil {
			w.t.Fatal(err)
		}
	}
}

// answered is said for an answer to event n.
func answered(req chat.SendRequest, n int64) func(w *world, p company) {
	return func(w *world, p company) {
		req.ReplyTo = w.id(p.ann.Token, n)
		said(req)(w, p)
	}
}

// room.Agent.WokenBy says which event wakes which agent. A reply is to the agent of the message that its id names.
func TestWait_ends_onlyForWhatConcernsTheAgent(t *testing.T) {
	for what, c := range map[string]struct {
		does        func(w *world, p company)
		wakes       bool // in a room of three
		wakesWithMe bool // with for_me
	}{
		"message to all":   {said(chat.SendRequest{Text: "hello"}), true, false},
		"private message":  {said(chat.SendRequest{Text: "hello", To: []string{"Cid"}}), true, true},
		"reply to Cid":     {answered(chat.SendRequest{Text: "indeed"}, 4), true, true},
		"reply to another": {answered(chat.SendRequest{Text: "welcome"}, 2), true, false},
		"status":           {said(chat.SendRequest{Text: "half done", Kind: room.Status}), false, false},
		"join":             {func(w *world, p company) { w.join("plans", "Dora") }, false, false},
	} {
		t.Run(what, func(t *testing.T) {
			wakes(t, false, c.does, c.wakes)
			wakes(t, true, c.does, c.wakesWithMe)
		})
	}
}

func TestWait_messagesThatWokeNobody_comeWithTheNextOne(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute,
		ForMe: true})
	said(chat.SendRequest{Text: "half done", Kind: room.Status})(w, p)
	w.say(p.bob.Token, "good")
	w.tell(p.ann.Token, "between Ann and Bob", "Bob")
	w.join("plans", "Dora")
	said(chat.SendRequest{Text: "and you, @Cid?"})(w, p)
	got := take(t, waiting)
	same(t, "Cid receives", lines(got.Messages),
		[]string{"Ann: half done", "Bob: good", "joined Dora", "Ann: and you, @Cid?"})
}

func TestWait_messagesThatWokeNobody_comeWhenTheTimeIsUp(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	waiting := w.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: time.Minute,
		ForMe: true})
	w.say(p.bob.Token, "not for Cid")
	w.clock.Advance(time.Minute)
	got := take(t, waiting)
	if same(t, "Cid receives", lines(got.Messages), []string{"Bob: not for Cid"}); got.Status != chat.StatusMessages {
		t.Errorf("got %+v", got)
	}
}
