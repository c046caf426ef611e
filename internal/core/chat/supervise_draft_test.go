package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// draftTexts lists the texts of drafts.
func draftTexts(list []chat.DraftView) (out []string) {
	for _, d := range list {
		out = append(out, d.Text)
	}
	return out
}

// decided lists what an agent hears of decisions about its drafts, as "sent: text".
func decided(ms []chat.Message) (out []string) {
	for _, m := range ms {
		if m.Type == chat.EventDrafted && m.Reason != "" {
			out = append(out, string(m.Reason)+": "+m.Text)
		}
	}
	return out
}

func TestDraft_waitsForThePerson_andIsSentAsTheAgentsMessage(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, person := w.approved()
		request := w.ask(p.ann.Token, "what do you think?", "Bob")
		bob := w.look(p.bob.Token, p.bob.Cursor)
		id := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "for @Cid to see", ReplyTo: request,
			Cursor: bob.Cursor})
		for _, s := range []chat.Seated{p.ann, p.cid} {
			if got := texts(w.all(s.Token)); slices.Contains(got, "for @Cid to see") {
				t.Errorf("%s reads the draft: %q", s.Name, got)
			}
		}
		seen := there.look(person, "")
		if m := seen.Messages[len(seen.Messages)-1]; m.Type != chat.EventDrafted || m.ID != id ||
			m.Text != "for @Cid to see" || m.ReplyTo != request || m.Reason != "" {
			t.Errorf("the person sees %+v", m)
		}
		if got := there.decides(person, id, room.SendDraft, ""); len(got.Drafts) != 0 || !got.Approve {
			t.Errorf("after the decision: %+v", got)
		}
		news := w.look(p.bob.Token, bob.Cursor)
		same(t, "Bob hears", decided(news.Messages), []string{"sent: for @Cid to see"})
		for _, s := range []chat.Seated{p.ann, p.cid} {
			all := there.all(s.Token)
			if m := all[len(all)-1]; m.Type != chat.EventSaid || m.From != "Bob" || m.Text != "for @Cid to see" ||
				m.Person || m.Draft != "" || m.ReplyTo != request {
				t.Errorf("%s reads %+v", s.Name, m)
			}
		}
		there.asked(nil, p.ann)
	})
}

func TestDraft_edited_isThePersons(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	id := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "never", To: []string{"Ann"}})
	w.decides(person, id, room.EditDraft, "rather not")
	all := w.all(p.ann.Token)
	if m := all[len(all)-1]; m.Text != "rather not" || !m.Person || m.From != "Bob" ||
		!slices.Equal(m.To, []string{"Ann"}) {
		t.Errorf("Ann reads %+v", m)
	}
	news := w.look(p.bob.Token, p.bob.Cursor)
	same(t, "Bob hears", decided(news.Messages), []string{"edited: rather not"})
	if got := texts(w.all(p.cid.Token)); slices.Contains(got, "rather not") {
		t.Errorf("Cid reads %q", got)
	}
}

func TestDraft_refused_tellsItsAgentWhyAndNobodyElse(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	before := len(w.all(p.ann.Token))
	wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
	id := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "hush"})
	w.decides(person, id, room.RefuseDraft, "too soon")
	got := take(t, wait)
	if m := got.Messages[len(got.Messages)-1]; m.Type != chat.EventDrafted || m.Reason != room.ReasonRefused ||
		m.Draft != id || m.Note != "too soon" {
		t.Errorf("Bob hears %+v", m)
	}
	if after := w.all(p.ann.Token); len(after) != before {
		t.Errorf("Ann reads %q", lines(after))
	}
}

// A model repeats a call whose answer was lost.
func TestDraft_repeatedCall_findsTheDraftAndThenTheMessage(t *testing.T) {
	for name, req := range map[string]chat.SendRequest{
		"to all":        {Text: "a text that is longer than forty bytes, to all"},
		"in private":    {Text: "a text that is longer than forty bytes, to two", To: []string{"ann", "Cid"}},
		"with a key":    {Text: "yes", Key: "k1"},
		"an answer":     {Text: "so it is", ReplyTo: "the request"},
		"short":         {Text: "yes"},
		"an agreement":  {Kind: room.Agree},
		"with a cursor": {Text: "I have read that", Cursor: "its own"},
	} {
		t.Run(name, func(t *testing.T) {
			onFiles(t, func(t *testing.T, services ...*world) {
				w, there := services[0], services[len(services)-1]
				p, person := w.approved()
				request := w.ask(p.ann.Token, "is it?", "Bob")
				w.propose(p.cid.Token, "tea at four", "Bob")
				req.Token = p.bob.Token
				if req.ReplyTo != "" {
					req.ReplyTo = request
				}
				if req.Cursor != "" {
					req.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
				}
				id := w.drafts(req)
				for _, w := range []*world{w, there, there.elsewhere()} {
					if again, err := w.send(req); err != nil || again.ID != id || !again.Duplicate || again.Sent ||
						again.Waited.Status != chat.StatusPending {
						t.Errorf("before the decision: %+v, %v", again, err)
					}
				}
				if got := w.supervise(person, chat.SuperviseRequest{}); len(got.Drafts) != 1 || got.Drafts[0].ID != id {
					t.Fatalf("drafts: %+v", got.Drafts)
				}
				there.decides(person, id, room.SendDraft, "")
				sent := w.all(p.ann.Token)
				for _, w := range []*world{w, there, there.elsewhere()} {
					if again, err := w.send(req); err != nil || !again.Sent || !again.Duplicate ||
						again.ID != sent[len(sent)-1].ID {
						t.Errorf("after the decision: %+v, %v", again, err)
					}
				}
			})
		})
	}
}

func TestDraft_repeatedCall_tellsWhatBecameOfIt(t *testing.T) {
	for how, want := range map[room.Decision]string{room.SendDraft: "sent: mine", room.EditDraft: "edited: theirs"} {
		w := newWorld(t)
		p, person := w.approved()
		call := chat.SendRequest{Token: p.bob.Token, Text: "mine", Key: "1", Cursor: w.look(p.bob.Token, "").Cursor}
		text := ""
		if how == room.EditDraft {
			text = "theirs"
		}
		w.decides(person, w.drafts(call), how, text)
		got, err := w.send(call)
		if err != nil || !got.Sent || !got.Duplicate {
			t.Errorf("%s: %+v, %v", how, got, err)
		}
		same(t, "Bob hears", decided(got.Waited.Messages), []string{want})
		same(t, "and not again", decided(w.look(p.bob.Token, got.Waited.Cursor).Messages), nil)
	}
}

// The answer to a decision was lost, so the person decides again, perhaps at another process.
func TestDraft_decidedAgain_isADuplicateIfTheDecisionIsTheSame(t *testing.T) {
	type decision struct {
		how  room.Decision
		text string
	}
	all := []decision{{room.SendDraft, ""}, {room.EditDraft, "theirs"}, {room.EditDraft, "others"},
		{room.RefuseDraft, ""}, {room.RefuseDraft, "no"}}
	for _, first := range all {
		w := newWorld(t)
		p, person := w.approved()
		id := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "mine"})
		if got := w.decides(person, id, first.how, first.text); got.Duplicate {
			t.Errorf("%v: at first it is a duplicate", first)
		}
		w.sends(chat.SendRequest{Token: p.ann.Token, Text: "meanwhile"})
		before := lines(w.all(p.bob.Token))
		for _, second := range all {
			got, err := w.elsewhere().Supervise(t.Context(),
				chat.SuperviseRequest{Token: person, Draft: id, Decision: second.how, Text: second.text})
			if second == first && (err != nil || !got.Duplicate) {
				t.Errorf("%v again: %+v, %v", first, got, err)
			}
			if second != first {
				wants(t, err, fault.InvalidArgument)
			}
		}
		same(t, "Bob reads", lines(w.all(p.bob.Token)), before)
		w.clock.Advance(room.RepeatWindow)
		_, err := w.Supervise(t.Context(),
			chat.SuperviseRequest{Token: person, Draft: id, Decision: first.how, Text: first.text})
		wants(t, err, fault.InvalidArgument)
	}
}

// Bob had no answer, and his person has refused the draft and approves no more. He repeats the call by its key, or by
// his old cursor.
func TestDraft_refused_isNotSentByARepetition(t *testing.T) {
	for _, key := range []string{"k1", ""} {
		w := newWorld(t)
		p, person := w.approved()
		req := chat.SendRequest{Token: p.bob.Token, Text: "never mind", Key: key, Cursor: p.bob.Cursor}
		w.decides(person, w.drafts(req), room.RefuseDraft, "")
		for _, approve := range []bool{true, false} {
			w.approves(person, approve)
			_, err := w.elsewhere().send(req)
			wants(t, err, fault.NotAllowed)
		}
		if got := texts(w.all(p.ann.Token)); slices.Contains(got, "never mind") {
			t.Errorf("Ann reads %q", got)
		}
	}
}

func TestDraft_thatWaits_isShownWithItsWholeText(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	long := strings.Repeat("ten bytes.", 3000)
	first := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "1" + long})
	w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "2" + long})
	same(t, "that wait", draftTexts(w.elsewhere().supervise(person, chat.SuperviseRequest{}).Drafts),
		[]string{"1" + long, "2" + long})
	part := w.history(person, chat.HistoryRequest{ID: first, Offset: 30_000})
	if len(part.Messages) != 1 || part.Messages[0].Text != "." {
		t.Errorf("the end of the first: %+v", part.Messages)
	}
	w.clock.Advance(room.DraftLife)
	same(t, "a day later", draftTexts(w.supervise(person, chat.SuperviseRequest{}).Drafts), nil)
}

func TestSupervise_malformed_isRefusedAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	id, yes := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "hello"}), true
	for name, c := range map[string]struct {
		req  chat.SuperviseRequest
		code fault.Code
	}{
		"agent decides": {chat.SuperviseRequest{Token: p.bob.Token, Paused: &yes},
			fault.NotAllowed},
		"person of another decides": {chat.SuperviseRequest{Token: w.person(p.ann), Draft: id,
			Decision: room.SendDraft}, fault.InvalidArgument},
		"no decision": {chat.SuperviseRequest{Draft: id}, fault.InvalidArgument},
		"no draft":    {chat.SuperviseRequest{Decision: room.SendDraft}, fault.InvalidArgument},
		"edit with a token": {chat.SuperviseRequest{Draft: id, Decision: room.EditDraft, Text: person},
			fault.InvalidArgument},
		"message in place of a draft": {chat.SuperviseRequest{Draft: w.say(p.ann.Token, "hi").ID,
			Decision: room.SendDraft}, fault.InvalidArgument},
		"supervision along with a decision": {chat.SuperviseRequest{Draft: id, Decision: room.SendDraft, Paused: &yes},
			fault.InvalidArgument},
	} {
		if c.req.Token == "" {
			c.req.Token = person
		}
		_, err := w.Service.Supervise(t.Context(), c.req)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := w.supervise(person, chat.SuperviseRequest{}); got.Paused || !got.Approve || len(got.Drafts) != 1 {
		t.Errorf("the supervision is %+v", got)
	}
}

// A key says that the text is meant once more.
func TestDraft_sameTextUnderAnotherKey_isAnotherDraft(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	first := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "yes", Key: "k1"})
	second := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "yes", Key: "k2"})
	if got := draftTexts(w.supervise(person, chat.SuperviseRequest{}).Drafts); first == second || len(got) != 2 {
		t.Errorf("drafts %s and %s: %q", first, second, got)
	}
}
