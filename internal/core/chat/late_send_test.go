package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// lateSend is a send that the table holds, in another process, while its client goes on.
type lateSend struct {
	release chan struct{}
	answer  chan chat.Sent
	err     error // once there is an answer
}

// sendLate makes a send on a service of its own. It returns once the table holds the send:
// at the write of its message or, before it knows anything of the room, at its first read.
func (w *world) sendLate(req chat.SendRequest, atFirstRead bool) *lateSend {
	w.t.Helper()
	x := &lateSend{release: make(chan struct{}), answer: make(chan chat.Sent, 1)}
	reached, armed := make(chan struct{}), atomic.Bool{}
	below := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		isWrite := c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "LOG#")
		if isWrite != atFirstRead && armed.CompareAndSwap(true, false) {
			close(reached)
			<-x.release
		}
		return nil
	}}
	late := (&world{t: w.t, clock: w.clock, table: below}).elsewhere()
	if !atFirstRead {
		late.info(req.Token) // the service knows the room
	}
	armed.Store(true)
	go func() {
		var got chat.Sent
		got, x.err = late.send(req)
		x.answer <- got
	}()
	<-reached
	return x
}

// ends lets the send go on to its end.
func (x *lateSend) ends() (chat.Sent, error) {
	close(x.release)
	got := <-x.answer
	return got, x.err
}

// The table holds a send. Its client gives it up, repeats it elsewhere and goes on. Then the
// send gets through.
func TestSend_heldWhileItsClientRepeatsItAndGoesOn_isSaidOnce(t *testing.T) {
	long := strings.Repeat("a longer text ", 4)
	for name, c := range map[string]struct {
		req  chat.SendRequest
		goOn func(w *world, p company)
	}{
		"a long text":  {chat.SendRequest{Text: long}, func(w *world, p company) { w.say(p.bob.Token, "besides") }},
		"a short text": {chat.SendRequest{Text: "ok"}, func(w *world, p company) { w.say(p.bob.Token, "besides") }},
		"a short text that another answers": {chat.SendRequest{Text: "ok"}, func(w *world, p company) {
			w.say(p.ann.Token, "and now?")
		}},
		"with an old cursor": {chat.SendRequest{Text: "ok", Cursor: "old"}, func(w *world, p company) {
			w.say(p.ann.Token, "and now?")
			w.say(p.bob.Token, "besides")
		}},
		"with a key": {chat.SendRequest{Text: "ok", Key: "k"}, func(w *world, p company) {
			w.say(p.bob.Token, "besides")
		}},
		"in private": {chat.SendRequest{Text: long, To: []string{"Ann"}}, func(w *world, p company) {
			w.tell(p.bob.Token, "besides", "Ann")
		}},
		"in private, to an agent that has left since": {chat.SendRequest{Text: long, To: []string{"Cid"}},
			func(w *world, p company) {
				w.say(p.bob.Token, "besides")
				w.leave(p.cid.Token)
				w.join("plans", "Cid")
			}},
		"a vote": {chat.SendRequest{Kind: room.Agree}, func(w *world, p company) {
			w.say(p.bob.Token, "besides")
			w.propose(p.cid.Token, "we ship on Sunday", "Bob")
		}},
		"more than the index holds": {chat.SendRequest{Text: long}, func(w *world, p company) {
			for i := range 30 {
				w.say(p.bob.Token, fmt.Sprintf("besides %d", i))
			}
		}},
		"for longer than a text counts as the same": {chat.SendRequest{Text: long}, func(w *world, p company) {
			for i := range 4 {
				w.clock.Advance(6 * time.Minute)
				w.say(p.ann.Token, fmt.Sprintf("and now %d?", i))
				w.say(p.bob.Token, fmt.Sprintf("besides %d", i))
			}
		}},
	} {
		for _, atFirstRead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, at its first read %t", name, atFirstRead), func(t *testing.T) {
				w := newWorld(t).elsewhere()
				p := w.company()
				w.propose(p.ann.Token, "we ship on Friday", "Bob")
				if c.req.Cursor != "" {
					c.req.Cursor = w.look(p.bob.Token, "").Cursor
				}
				c.req.Token = p.bob.Token
				late := w.sendLate(c.req, atFirstRead)
				first, err := w.elsewhere().send(c.req)
				if err != nil || !first.Sent || first.Duplicate {
					t.Fatalf("repeated elsewhere: %+v, %v", first, err)
				}
				c.goOn(w.elsewhere(), p)
				if got, err := late.ends(); err != nil || !got.Duplicate || got.ID != first.ID {
					t.Errorf("got through late: %+v, %v; want message %s", got, err, first.ID)
				}
				if said := w.said(p.bob, c.req.Text); said != 1 {
					t.Errorf("said %d times", said)
				}
			})
		}
	}
}

// said counts how often an agent has said a text.
func (w *world) said(s chat.Seated, text string) (n int) {
	w.t.Helper()
	for _, e := range w.events(s.Token) {
		if e.Type == string(room.Said) && e.Name == s.Name && e.Text == text {
			n++
		}
	}
	return n
}

// Its person approves what Bob says, and has let the repetition through.
func TestSend_heldWhileItsDraftIsSent_isSaidOnce(t *testing.T) {
	w := newWorld(t).elsewhere()
	p, person := w.approved()
	req := chat.SendRequest{Token: p.bob.Token, Text: "a hundred for the blue one"}
	late := w.sendLate(req, false)
	w.decides(person, w.drafts(req), room.SendDraft, "")
	w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "besides"})
	if got, err := late.ends(); err != nil || !got.Duplicate {
		t.Errorf("got through late: %+v, %v", got, err)
	}
	if n := w.said(p.bob, req.Text); n != 1 || len(w.supervise(person, chat.SuperviseRequest{}).Drafts) != 1 {
		t.Errorf("said %d times; drafts %v", n, w.supervise(person, chat.SuperviseRequest{}).Drafts)
	}
}

// Nobody can tell any longer whether the held text is the one that was removed.
func TestSend_heldWhileItsTextIsRemoved_isNotSaidAgain(t *testing.T) {
	w := newWorld(t).elsewhere()
	p := w.company()
	req := chat.SendRequest{Token: p.bob.Token, Text: "the key is " + spilled}
	late := w.sendLate(req, false)
	w.redact(p.bob.Token, w.say(p.bob.Token, req.Text).ID)
	_, err := late.ends()
	waitsFor(t, err, fault.Unavailable, 2*time.Second)
	if n := w.inTable(p.bob.Token); n > 0 {
		t.Errorf("%d items hold it", n)
	}
}

// What an agent means twice it says twice: at once where its process knows what it has said,
// or where its cursor shows that it does, and after two seconds anywhere.
func TestSend_okDoneOk_areThreeMessages(t *testing.T) {
	for _, c := range []struct {
		services string // one, new ones, or ones that know the room but nothing that was said since
		cursor   string
		pause    time.Duration
	}{
		{"one", "no", 0}, {"one", "old", 0}, {"one", "last", 0},
		{"new", "no", 2 * time.Second}, {"new", "old", 2 * time.Second}, {"new", "last", 0},
		{"known", "no", 2 * time.Second}, {"known", "old", 2 * time.Second}, {"known", "last", 0},
	} {
		t.Run(fmt.Sprintf("%s, %s cursor", c.services, c.cursor), func(t *testing.T) {
			w := newWorld(t).elsewhere()
			p := w.company()
			speakers := []*world{w, w, w}
			for i := range speakers {
				if c.services != "one" {
					speakers[i] = w.elsewhere()
				}
				if c.services == "known" {
					speakers[i].info(p.bob.Token)
				}
			}
			req := chat.SendRequest{Token: p.bob.Token}
			if c.cursor != "no" {
				req.Cursor = w.look(p.bob.Token, "").Cursor
			}
			seen := map[string]bool{}
			for i, text := range []string{"ok", "done", "ok"} {
				req.Text = text
				got, err := speakers[i].send(req)
				if err != nil || !got.Sent || got.Duplicate || seen[got.ID] {
					t.Fatalf("%d, %s: %+v, %v", i, text, got, err)
				}
				seen[got.ID] = true
				if c.cursor == "last" {
					req.Cursor = got.Cursor
				}
				w.clock.Advance(c.pause)
			}
		})
	}
}

// A call waits for its key to be read, and its client repeats it elsewhere and goes on.
func TestSend_heldBeforeItIsAdmitted_isSaidOnce(t *testing.T) {
	for _, knows := range []bool{false, true} {
		w := newWorld(t).elsewhere()
		p, late := w.company(), w.elsewhere()
		req := chat.SendRequest{Token: p.bob.Token, Text: "a text that is long enough to be no answer such as yes"}
		came := chat.Came(t.Context(), w.clock.Now())
		first := w.say(p.bob.Token, req.Text)
		w.say(p.bob.Token, "and another one that follows it, so that it is not the last")
		w.clock.Advance(3 * time.Second)
		if knows {
			late.info(p.bob.Token)
		}
		if got, err := late.Send(came, req); err != nil || !got.Duplicate || got.ID != first.ID {
			t.Errorf("knows %v: %+v, %v", knows, got, err)
		}
	}
}

// The clock of a process is behind the one that wrote the newest event, as after a reset.
func TestSend_atAClockThatIsBehind_isSaid(t *testing.T) {
	w := newWorld(t)
	bob := w.join("plans", "Bob")
	ahead := clockwork.NewFakeClockAt(w.clock.Now().Add(time.Hour))
	there := onTable(t, ahead, w.table, chat.Options{})
	there.say(bob.Token, "what is said at a clock that is an hour ahead")
	here := w.elsewhere()
	for _, text := range []string{"what is said at a clock that is right", "and what follows it"} {
		if got, err := here.send(chat.SendRequest{Token: bob.Token, Text: text}); err != nil || !got.Sent ||
			got.Duplicate {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
