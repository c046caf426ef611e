package chat_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestSend_sameTextAgain_isADuplicate(t *testing.T) {
	long := strings.Repeat("a longer text ", 4)
	cases := map[string]struct {
		text      string
		between   func(w *world, p pair)
		duplicate bool
	}{
		"at once":                         {"yes", func(*world, pair) {}, true},
		"nine minutes later":              {long, func(w *world, _ pair) { w.clock.Advance(9 * time.Minute) }, true},
		"ten minutes later":               {long, func(w *world, _ pair) { w.clock.Advance(10 * time.Minute) }, false},
		"short, after another spoke":      {"yes", func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, false},
		"long, after another spoke":       {long, func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, true},
		"after another text of one's own": {long, func(w *world, p pair) { w.say(p.ann.Token, "besides") }, false},
		"39 bytes, after another spoke": {strings.Repeat("x", 39),
			func(w *world, p pair) { w.say(p.bob.Token, "and?") }, false},
		"40 bytes, after another spoke": {strings.Repeat("x", 40),
			func(w *world, p pair) { w.say(p.bob.Token, "and?") }, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			first := w.say(p.ann.Token, c.text)
			c.between(w, p)
			again := w.say(p.ann.Token, c.text)
			if again.Duplicate != c.duplicate || again.Duplicate && again.ID != first.ID {
				t.Fatalf("first %+v, again %+v", first, again)
			}
		})
	}
}

// A field that room.Event.Fingerprint leaves out makes another message a repetition. One that outgoing.differs leaves
// out lets a key stand for two messages.
func TestSend_eachFieldThatIsOfTheMessage_tellsItFromOneWithout(t *testing.T) {
	other := map[string]string{"Token": "who sends", "Cursor": "a repetition knows more", "Wait": "for the answer",
		"Absence": "of the agent", "Activity": "of the agent", "Key": "tells by itself", "Stay": "of the seat",
		"Said": "is called"}
	tea := chat.SendRequest{Text: "tea?"}
	asks := chat.SendRequest{Text: "tea?", Kind: room.Request}
	cases := map[string]struct{ without, with chat.SendRequest }{
		"Text":     {tea, chat.SendRequest{Text: "milk?"}},
		"To":       {tea, chat.SendRequest{Text: "tea?", To: []string{"Bob"}}},
		"Ask":      {asks, chat.SendRequest{Text: "tea?", Kind: room.Request, Ask: []string{"Bob"}}},
		"ReplyTo":  {tea, chat.SendRequest{Text: "tea?", ReplyTo: "Bob's"}},
		"Withdraw": {tea, chat.SendRequest{Text: "tea?", Withdraw: "Ann's"}},
		"Kind":     {tea, asks},
		"Finishes": {tea, chat.SendRequest{Text: "tea?", Finishes: []string{"t1"}}},
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[chat.SendRequest]()) {
		c, ofMessage := cases[field.Name]
		if !ofMessage {
			if len(field.Index) == 1 && other[field.Name] == "" {
				t.Errorf("%s: neither tells messages apart nor has a reason", field.Name)
			}
			continue
		}
		for _, key := range []string{"", "k"} {
			c, w := c, newWorld(t)
			p := w.company()
			w.adds(p.bob.Token, "sand")
			w.task(p.ann.Token, chat.CommandTake, "t1")
			ids := map[string]string{"Ann's": w.ask(p.ann.Token, "what?"), "Bob's": w.say(p.bob.Token, "well").ID}
			for _, req := range []*chat.SendRequest{&c.without, &c.with} {
				req.Token, req.Key = p.ann.Token, key
				req.ReplyTo, req.Withdraw = ids[req.ReplyTo], ids[req.Withdraw]
			}
			w.sends(c.without)
			if !w.sends(c.without).Duplicate {
				t.Fatalf("%s, key %q: the same is another message", field.Name, key)
			}
			got, err := w.send(c.with)
			if key == "" && (err != nil || got.Duplicate) || key != "" && fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, key %q: %+v, %v", field.Name, key, got, err)
			}
		}
	}
}

// The other process has read nothing of the minutes in which Ann spoke.
func TestSend_sameTextNineMinutesLaterInAnotherProcess_isADuplicate(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	long := strings.Repeat("a longer text ", 4)
	first := w.say(p.ann.Token, long)
	w.clock.Advance(time.Minute)
	for i := range 40 {
		w.say(p.bob.Token, fmt.Sprintf("%s %d", strings.Repeat("b", 50), i))
	}
	w.clock.Advance(8 * time.Minute)
	if again := onTable(t, w.clock, w.table, chat.Options{}).say(p.ann.Token, long); again.ID != first.ID {
		t.Errorf("Ann said %+v, and then %+v", first, again)
	}
}

func TestSend_sameKeyWithinADay_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k1"}
	first, err := w.send(req)
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.ann.Token, "between")
	again, err := w.send(req)
	if err != nil || !again.Duplicate || again.ID != first.ID {
		t.Fatalf("again %+v, %v", again, err)
	}
	other, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k2"})
	if err != nil || other.Duplicate {
		t.Fatalf("another key: %+v, %v", other, err)
	}
	w.clock.Advance(24 * time.Hour)
	late, err := w.send(req)
	if err != nil || late.Duplicate {
		t.Fatalf("a day later: %+v, %v", late, err)
	}
}

func TestPrivate_sameTextToOthers_isAnotherMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	long := strings.Repeat("a longer text ", 4)
	seen := map[string]bool{}
	for _, to := range [][]string{{"Bob"}, {"Cid"}, {"Bob", "Cid"}, nil, {"Bob"}} {
		got := w.tell(p.ann.Token, long, to...)
		if got.Duplicate || seen[got.ID] {
			t.Errorf("to %q: %+v", to, got)
		}
		seen[got.ID] = true
		if again := w.elsewhere().tell(p.ann.Token, long, to...); !again.Duplicate || again.ID != got.ID {
			t.Errorf("to %q, repeated: %+v", to, again)
		}
	}
}

// Only messages that the sender can see give a repeated short text a new meaning.
func TestPrivate_unseenMessagesBetween_leaveAShortTextADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	first := w.say(p.cid.Token, "yes")
	w.tell(p.ann.Token, "and this?", "Bob")
	for _, w := range []*world{w, w.elsewhere()} {
		if again := w.say(p.cid.Token, "yes"); !again.Duplicate || again.ID != first.ID {
			t.Errorf("after a hidden message: %+v", again)
		}
	}
	w.tell(p.ann.Token, "and this?", "Cid")
	if again := w.say(p.cid.Token, "yes"); again.Duplicate {
		t.Errorf("after a visible message: %+v", again)
	}
}

// The repeated call must not report that nothing was sent, and must not reach another
// agent of the same name.
func TestPrivate_repeatedAfterTheAddresseeLeft_isADuplicate(t *testing.T) {
	for name, req := range map[string]chat.SendRequest{
		"with a key":    {Text: "a hundred for the blue one", Key: "offer 1"},
		"without a key": {Text: "a hundred for the blue one"},
	} {
		t.Run(name, func(t *testing.T) {
			onFiles(t, func(t *testing.T, services ...*world) {
				w, there := services[0], services[len(services)-1]
				p := w.company()
				req.Token, req.To = p.ann.Token, []string{"bob", "Cid"}
				first, err := w.send(req)
				if err != nil {
					t.Fatal(err)
				}
				again := func(when string) {
					t.Helper()
					if got, err := there.send(req); err != nil || !got.Duplicate || got.ID != first.ID {
						t.Errorf("%s: %+v, %v", when, got, err)
					}
				}
				again("while Bob is there")
				w.leave(p.bob.Token)
				again("when he has gone")
				other := w.join("plans", "Bob")
				again("when another has his name")
				if got := w.look(other.Token, other.Cursor); got.Status != chat.StatusQuiet {
					t.Errorf("the other Bob receives %+v", got)
				}
			})
		})
	}
}

// The message in between counts although its sender has left.
func TestSend_shortTextAgainAfterAnotherSpokeAndLeft_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first := w.say(p.ann.Token, "yes")
	w.say(p.bob.Token, "and the red one, too?")
	w.leave(p.bob.Token)
	w.clock.Advance(3 * time.Second)
	if again := w.elsewhere().say(p.ann.Token, "yes"); again.Duplicate {
		t.Errorf("elsewhere: %+v", again)
	}
	if again := w.elsewhere().say(p.ann.Token, "yes"); !again.Duplicate || again.ID == first.ID {
		t.Errorf("with nothing in between: %+v", again)
	}
}

// The client gave up its call and repeats it after the answer to its message came.
func TestSend_textRepeatedBeforeTheAnswerWasRead_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, tell := range map[string]string{"short": "yes",
		"long": "yes, and a good deal more than forty bytes of it"} {
		req := chat.SendRequest{Token: p.ann.Token, Text: tell, Cursor: w.look(p.ann.Token, p.ann.Cursor).Cursor}
		first, err := w.Send(t.Context(), req)
		if err != nil || !first.Sent {
			t.Fatal(first, err)
		}
		w.say(p.bob.Token, "an answer to the "+name)
		again, err := w.Send(t.Context(), req)
		if err != nil || !again.Sent || !again.Duplicate || again.ID != first.ID {
			t.Errorf("%s: %+v, %v, want message %s", name, again, err, first.ID)
		}
		p.ann.Cursor = w.look(p.ann.Token, req.Cursor).Cursor
		w.say(p.ann.Token, "heard "+name)
	}
}

func TestSend_shortTextAgainAfterTheAnswerWasRead_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: p.ann.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.bob.Token, "and this?")
	news := w.look(p.ann.Token, first.Waited.Cursor)
	got, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "yes", Cursor: news.Cursor})
	if err != nil || !got.Sent || got.Duplicate {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "good",
		Cursor: p.bob.Cursor})
	if err != nil || got.Sent {
		t.Errorf("from Bob, who has read nothing: %+v, %v", got, err)
	}
}

// refusesKey fails unless the answer to a call with a key says which argument is another than before, says that
// nothing was sent, and has no word of the message.
func refusesKey(t *testing.T, what string, got chat.Sent, err error, field string) {
	t.Helper()
	switch {
	case fault.CodeOf(err) != fault.InvalidArgument:
		t.Errorf("%s: %+v, %v", what, got, err)
	case !strings.Contains(err.Error(), "another "+field+". Nothing was sent") || strings.Contains(err.Error(), "blue"):
		t.Errorf("%s: %v; want another %s", what, err, field)
	}
}

// repeatsKey fails unless the call repeats the message of an id.
func (w *world) repeatsKey(what string, req chat.SendRequest, id string) {
	w.t.Helper()
	if got, err := w.send(req); err != nil || !got.Duplicate || got.ID != id {
		w.t.Errorf("%s: %+v, %v", what, got, err)
	}
}

// A client that counts its messages from 1 again would hear that its words are sent.
func TestSend_keyOfOtherWords_isRefusedByTheNameOfWhatDiffers(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		asked := w.ask(p.bob.Token, "what of the blue one?", "Ann")
		w.adds(p.ann.Token, "sand", "paint")
		for name, c := range map[string]struct {
			first   chat.SendRequest
			same    []func(*chat.SendRequest)
			differs map[string][]func(*chat.SendRequest) // by the argument that is named
		}{
			"a private request": {
				first: chat.SendRequest{Text: "a hundred for the blue one", To: []string{"Bob", "Cid"},
					Ask: []string{"Bob"}, Kind: room.Request, ReplyTo: asked},
				same: []func(*chat.SendRequest){
					func(r *chat.SendRequest) { r.To, r.Ask = []string{"cid", "Ann", "BOB", "bob"}, []string{"bob"} },
					func(r *chat.SendRequest) { r.Activity, r.Cursor = "thinking", p.ann.Cursor },
				},
				differs: map[string][]func(*chat.SendRequest){
					"text": {func(r *chat.SendRequest) { r.Text, r.To = "ninety for the blue one", nil }},
					"to": {
						func(r *chat.SendRequest) { r.To = nil },
						func(r *chat.SendRequest) { r.To = r.To[:1] },
					},
					"ask":      {func(r *chat.SendRequest) { r.Ask = r.To }, func(r *chat.SendRequest) { r.Ask = nil }},
					"kind":     {func(r *chat.SendRequest) { r.Kind = "" }},
					"reply_to": {func(r *chat.SendRequest) { r.ReplyTo = "" }},
				},
			},
			"a proposal to all": {
				first: chat.SendRequest{Text: "the blue one", Kind: room.Proposal},
				same:  []func(*chat.SendRequest){func(r *chat.SendRequest) { r.Ask = []string{"Cid", "Bob"} }},
				differs: map[string][]func(*chat.SendRequest){
					"ask": {func(r *chat.SendRequest) { r.Ask = []string{"Bob"} }},
				},
			},
			"a report": {
				first: chat.SendRequest{Text: "both are blue", Finishes: []string{"t1", "t2"}},
				same:  []func(*chat.SendRequest){func(r *chat.SendRequest) { r.Finishes = []string{"t2", "t1", "t2"} }},
				differs: map[string][]func(*chat.SendRequest){
					"finishes": {
						func(r *chat.SendRequest) { r.Finishes = nil },
						func(r *chat.SendRequest) { r.Finishes = r.Finishes[:1] },
					},
				},
			},
		} {
			c.first.Token, c.first.Key = p.ann.Token, name
			sent := w.sends(c.first)
			before := len(w.all(p.bob.Token))
			for field, changes := range c.differs {
				for _, change := range changes {
					for _, w := range []*world{w, there, there.elsewhere()} {
						req := c.first
						change(&req)
						got, err := w.send(req)
						refusesKey(t, name, got, err, field)
					}
				}
			}
			for _, change := range append(c.same, func(*chat.SendRequest) {}) {
				req := c.first
				change(&req)
				there.repeatsKey(name, req, sent.ID)
			}
			if after := len(w.all(p.bob.Token)); after != before {
				t.Errorf("%s: %d messages became %d", name, before, after)
			}
		}
	})
}

// What is not sent binds no key: neither what is held back for news or for a credential, nor what is refused.
func TestSend_keyOfWhatWasNotSent_isFree(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	req := chat.SendRequest{Token: p.bob.Token, Text: "blue", Cursor: p.bob.Cursor, Key: "1"}
	w.tell(p.ann.Token, "not the blue one, Bob", "Bob")
	held, err := w.send(req)
	if err != nil || held.Sent {
		t.Fatalf("an unread message holds nothing back: %+v, %v", held, err)
	}
	req.Cursor, req.Text = held.Waited.Cursor, "the key is "+secret
	if got, err := w.send(req); err != nil || got.Credential == "" {
		t.Fatalf("a credential holds nothing back: %+v, %v", got, err)
	}
	w.pauses(person, true)
	req.Text = "red"
	if got, err := w.send(req); err != nil || got.Waited.Status != chat.StatusPaused {
		t.Fatalf("its person holds nothing back: %+v, %v", got, err)
	}
	w.pauses(person, false)
	req.To = []string{"Zoe"}
	_, err = w.send(req)
	wants(t, err, fault.InvalidArgument)
	req.To, req.Text, req.Cursor = nil, "the key is "+secret, ""
	if got, err := w.send(req); err != nil || !got.Sent || got.Duplicate {
		t.Errorf("the same call once more: %+v, %v", got, err)
	}
}

// A draft may be sent yet, so it binds its key, by the words of its agent.
func TestDraft_keyOfOtherWords_isRefused(t *testing.T) {
	for how, text := range map[room.Decision]string{room.SendDraft: "", room.EditDraft: "red, says its person"} {
		onFiles(t, func(t *testing.T, services ...*world) {
			w, there := services[0], services[len(services)-1]
			p, person := w.approved()
			first := chat.SendRequest{Token: p.bob.Token, Text: "blue", Kind: room.Proposal, Key: "1"}
			draft := w.drafts(first)
			changes := func(when string) {
				t.Helper()
				for field, change := range map[string]func(*chat.SendRequest){
					"text": func(r *chat.SendRequest) { r.Text = "red, says its person" },
					"ask":  func(r *chat.SendRequest) { r.Ask = []string{"Ann"} },
					"to":   func(r *chat.SendRequest) { r.To = []string{"Ann"} },
				} {
					req := first
					change(&req)
					got, err := there.send(req)
					refusesKey(t, when, got, err, field)
				}
			}
			changes("before the decision")
			if got, err := there.send(first); err != nil || got.Waited.Status != chat.StatusPending || got.ID != draft {
				t.Errorf("again, before it: %+v, %v", got, err)
			}
			w.decides(person, draft, how, text)
			changes("after it")
			all := w.all(p.ann.Token)
			there.repeatsKey("again, after it", first, all[len(all)-1].ID)
		})
	}
}

// A removed text is in no place where it could be compared. What is left of its message is.
func TestSend_keyOfARemovedText_repeatsItWhateverTheTextIs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Text: "it is 471!", To: []string{"Bob"}, Key: "1"}
	id := w.sends(req).ID
	w.redact(p.ann.Token, id)
	w.repeatsKey("the same text", req, id)
	req.Text = "another"
	w.repeatsKey("another text", req, id)
	req.To = nil
	got, err := w.elsewhere().send(req)
	refusesKey(t, "to others", got, err, "to")
}

// A key that stands for an event that is gone, as in what could be saved of a damaged file, still stands for it.
func TestSend_keyOfALostEvent_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Text: "the blue one", Key: "1"}
	sent := w.sends(req)
	for range 200 { // so that another service has it only in the table
		w.clock.Advance(time.Second)
		w.say(p.bob.Token, "and this? "+w.clock.Now().String())
	}
	lost := roomlog.EventKey(p.ann.Token[:7], w.number(p.ann.Token, sent.ID))
	w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && c.Key == lost {
			c.Err = table.ErrNotFound
		}
	}}
	for _, text := range []string{req.Text, "the red one"} {
		req.Text = text
		w.elsewhere().repeatsKey(text, req, sent.ID)
	}
}

// Bob has left by another process, and this one does not know yet. Whatever else is wrong with his call, he is told so.
func TestSend_ofOneWhoHasLeftElsewhere_saysSoFirst(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	draft := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "the red one", Key: "refused"})
	w.decides(person, draft, room.RefuseDraft, "")
	w.approves(person, false)
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "the blue one", Key: "sent"})
	there := map[string]*world{"": w.elsewhere(), "sent": w.elsewhere(), "refused": w.elsewhere()}
	for _, w := range there {
		w.info(p.bob.Token)
	}
	w.leave(p.bob.Token)
	for key, w := range there {
		_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "the red one", To: []string{"Zoe"}, Key: key})
		if fault.CodeOf(err) != fault.Removed {
			t.Errorf("with the key %q: %v", key, err)
		}
	}
}

// Of two processes that get one key with two texts at the same time, one sends its text, and one refuses.
func TestRace_oneKeyForTwoTexts_oneIsSent(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		p := w.pair()
		before := len(w.all(p.bob.Token))
		type result struct {
			chat.Sent
			err error
		}
		results := make(chan result, 4)
		for i := range 4 {
			go func() {
				got, err := services[i%len(services)].send(chat.SendRequest{Token: p.ann.Token,
					Text: []string{"the blue one", "the red one"}[i/2], Key: "1"})
				results <- result{got, err}
			}()
		}
		refused, ids := 0, map[string]bool{}
		for range 4 {
			switch got := <-results; {
			case fault.CodeOf(got.err) == fault.InvalidArgument:
				refused++
			case got.err != nil:
				t.Error(got.err)
			default:
				ids[got.ID] = true
			}
		}
		if after := len(w.all(p.bob.Token)); refused != 2 || len(ids) != 1 || after != before+1 {
			t.Errorf("%d calls were refused, %d ids, %d messages", refused, len(ids), after-before)
		}
	})
}

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
func TestSend_sameShortTextAfterAnotherOfOnesOwn_isNew(t *testing.T) {
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
					req.Cursor = got.Waited.Cursor
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

func TestSend_withAKeyAndItsReplyLost_isNotADuplicate(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	bob := w.losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock}})
	got, err := bob.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"})
	if err == nil && got.Duplicate {
		t.Errorf("the first call returns %+v", got)
	}
}

// Bob said it, and was muted then. A table that does not tell what his key stands for must
// not make the call say that nothing was sent.
func TestSend_withAKeyThatCannotBeLookedUp_isNotRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"}
	first := w.sends(req)
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	fails := true
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if fails && c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "SENT#") {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	bob := &world{t: t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
	_, err := bob.send(req)
	wants(t, err, fault.Unavailable)
	fails = false
	if got := bob.sends(req); got.ID != first.ID || !got.Duplicate {
		t.Errorf("the call that is repeated returns %+v", got)
	}
}
