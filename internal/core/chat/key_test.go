package chat_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		asked := w.ask(p.bob.Token, "what of the blue one?", "Ann")
		w.adds(p.ann.Token, "sand", "paint")
		open := []string{w.ask(p.ann.Token, "blue?", "Bob"), w.ask(p.ann.Token, "or red?", "Bob")}
		for what, c := range map[string]struct {
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
			"a word": {
				first: chat.SendRequest{Text: "so it is blue"},
				same:  []func(*chat.SendRequest){func(r *chat.SendRequest) { r.Kind = room.Plain }},
				differs: map[string][]func(*chat.SendRequest){
					"kind": {func(r *chat.SendRequest) { r.Kind = room.Status }},
					"to":   {func(r *chat.SendRequest) { r.To = []string{"Bob"} }},
					"ask":  {func(r *chat.SendRequest) { r.Ask = []string{"Bob"} }},
				},
			},
			"a proposal to all": {
				first: chat.SendRequest{Text: "the blue one", Kind: room.Proposal},
				same:  []func(*chat.SendRequest){func(r *chat.SendRequest) { r.Ask = []string{"Cid", "Bob"} }},
				differs: map[string][]func(*chat.SendRequest){
					"ask": {func(r *chat.SendRequest) { r.Ask = []string{"Bob"} }},
				},
			},
			"a proposal to one": {
				first: chat.SendRequest{Text: "the blue one", Kind: room.Proposal, Ask: []string{"Bob"}},
				differs: map[string][]func(*chat.SendRequest){
					"ask": {func(r *chat.SendRequest) { r.Ask = nil }},
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
			"a withdrawal": {
				first: chat.SendRequest{Withdraw: open[0]},
				differs: map[string][]func(*chat.SendRequest){
					"withdraw": {func(r *chat.SendRequest) { r.Withdraw = open[1] }},
					"text":     {func(r *chat.SendRequest) { r.Text = "never mind" }},
				},
			},
		} {
			c.first.Token, c.first.Key = p.ann.Token, what
			sent := w.sends(c.first)
			before := len(w.all(p.bob.Token))
			for field, changes := range c.differs {
				for _, change := range changes {
					for _, w := range []*world{w, there, there.elsewhere()} {
						req := c.first
						change(&req)
						got, err := w.send(req)
						refusesKey(t, what, got, err, field)
					}
				}
			}
			for _, change := range append(c.same, func(*chat.SendRequest) {}) {
				req := c.first
				change(&req)
				there.repeatsKey(what, req, sent.ID)
			}
			if after := len(w.all(p.bob.Token)); after != before {
				t.Errorf("%s: %d messages became %d", what, before, after)
			}
		}
	})
}

// A vote without reply_to is one on the only proposal that there is: the same call again finds none.
func TestSend_keyOfAVote(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	first := w.propose(p.ann.Token, "tea")
	vote := chat.SendRequest{Token: p.bob.Token, Kind: room.Agree, Key: "1"}
	id := w.sends(vote).ID
	w.agree(p.cid.Token, "")
	w.repeatsKey("again", vote, id)
	vote.ReplyTo = first
	w.repeatsKey("by its id", vote, id)
	vote.ReplyTo = w.propose(p.ann.Token, "cake")
	got, err := w.send(vote)
	refusesKey(t, "on another", got, err, "reply_to")
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
	req.Cursor, req.Text = held.Cursor, "the key is "+secret
	if got, err := w.send(req); err != nil || got.Credential == "" {
		t.Fatalf("a credential holds nothing back: %+v, %v", got, err)
	}
	w.pauses(person, true)
	req.Text = "red"
	if got, err := w.send(req); err != nil || got.Status != chat.StatusPaused {
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
		onEachTable(t, func(t *testing.T, services ...*world) {
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
			if got, err := there.send(first); err != nil || got.Status != chat.StatusPending || got.ID != draft {
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
func TestSend_keyOfARemovedText(t *testing.T) {
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

// A file is known by its name and its bytes; of one on disk that is yet to come, by its name.
func TestShare_keyOfAnotherFile_isRefused(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		shares := func(req chat.ShareRequest, field string) {
			t.Helper()
			got, err := s.ShareFile(t.Context(), req)
			refusesKey(t, req.Name, got.Sent, err, field)
		}
		first := chat.ShareRequest{Token: p.ann.Token, Name: "plan.txt", Text: "blue", Note: "read", Key: "1"}
		id := s.share(first)
		other := func(change func(*chat.ShareRequest)) chat.ShareRequest {
			req := first
			change(&req)
			return req
		}
		shares(other(func(r *chat.ShareRequest) { r.Text = "red" }), "file")
		shares(other(func(r *chat.ShareRequest) { r.Name = "plan.md" }), "file")
		shares(other(func(r *chat.ShareRequest) { r.Note = "look" }), "note")
		shares(other(func(r *chat.ShareRequest) { r.To = []string{"Bob"} }), "to")
		shares(other(func(r *chat.ShareRequest) { r.Ask = []string{"Bob"} }), "ask")
		shares(other(func(r *chat.ShareRequest) { r.Kind = room.Proposal }), "kind")
		got, err := s.send(chat.SendRequest{Token: p.ann.Token, Text: "read", Key: "1"})
		refusesKey(t, "words alone", got, err, "file")
		if again := s.share(first); again != id {
			t.Errorf("again: %s, and before %s", again, id)
		}

		first = chat.ShareRequest{Token: p.ann.Token, Name: "rows.csv", Size: 9, Key: "2"}
		s.offer(other(func(r *chat.ShareRequest) { r.Name = "old.csv" })) // nothing is shared by that
		id = s.uploads(s.offer(first), "1;2")
		shares(other(func(r *chat.ShareRequest) { r.Name = "lines.csv" }), "file")
		shares(other(func(r *chat.ShareRequest) { r.Kind = room.Proposal }), "kind")
		shares(other(func(r *chat.ShareRequest) { r.Note = "look" }), "note")
		if again, err := s.ShareFile(t.Context(), first); err != nil || !again.Duplicate || again.ID != id {
			t.Errorf("again: %+v, %v", again, err)
		}
		same(t, "in the room are", s.names(p.bob.Token), []string{"plan.txt", "rows.csv"})

		got, err = s.send(chat.SendRequest{Token: p.ann.Token, Text: "words", Key: "3"})
		if err != nil || !got.Sent {
			t.Fatal(got, err)
		}
		shares(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "blue", Note: "words", Key: "3"}, "file")
	})
}
