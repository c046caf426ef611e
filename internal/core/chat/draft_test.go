package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// stale is a draft of Bob that answers Ann, and what happened since.
type stale struct {
	*world
	p      company
	person string
	id     string // of the question
	draft  string
}

// Bob's draft answers what Ann asked. The person sees how the question stands, and sends the draft with a second word
// if it awaits no answer any more.
func TestDraft_answersWhatIsOpenNoMore_isSentOnlyAnyway(t *testing.T) {
	asks := func(kind room.Kind, to []string, names ...string) func(*stale) string {
		return func(s *stale) string {
			return s.sends(chat.SendRequest{Token: s.p.ann.Token, Text: "Shall I delete it?", Kind: kind, To: to,
				Ask: names}).ID
		}
	}
	both := []string{"Bob", "Cid"}
	toBob, toAll, toBoth := asks(room.Request, nil, "Bob"), asks(room.Request, nil), asks(room.Request, nil, both...)
	proposal, private := asks(room.Proposal, nil, both...), asks(room.Request, both, both...)
	withdraws := func(s *stale) {
		s.sends(chat.SendRequest{Token: s.p.ann.Token, Text: "Never mind.", Withdraw: s.id})
	}
	removes := func(s *stale) { s.redact(s.p.ann.Token, s.id) }
	answers := func(to ...string) func(*stale) {
		return func(s *stale) { s.reply(s.p.cid.Token, "No.", s.id, to...) }
	}
	for name, c := range map[string]struct {
		asks    func(*stale) string
		happens func(*stale)
		want    room.QuestionState
		since   int
	}{
		"nothing":                   {toBob, func(*stale) {}, room.QuestionOpen, 0},
		"other words":               {toBob, func(s *stale) { s.say(s.p.cid.Token, "Hm.") }, room.QuestionOpen, 1},
		"it is withdrawn":           {toBob, withdraws, room.QuestionWithdrawn, 1},
		"a private one, too":        {private, withdraws, room.QuestionWithdrawn, 1},
		"a message with ask, too":   {asks("", nil, "Bob"), withdraws, room.QuestionWithdrawn, 1},
		"a proposal, too":           {proposal, withdraws, room.QuestionWithdrawn, 1},
		"its text is removed":       {toBob, removes, room.QuestionWithdrawn, 0},
		"a remark is removed":       {asks("", nil), removes, room.QuestionWithdrawn, 0},
		"another answers":           {toAll, answers(), room.QuestionAnswered, 1},
		"another answers in secret": {toAll, answers("Ann"), room.QuestionOpen, 0},
		"one of two answers":        {toBoth, answers(), room.QuestionOpen, 1},
		"another has been asked": {asks(room.Request, nil, "Cid"), answers(), room.QuestionAnswered,
			1},
		"a day goes by": {toBob, func(s *stale) {
			s.clock.Advance(room.DebtLife - time.Hour)
			s.draftsAgain()
			s.clock.Advance(time.Hour)
		}, room.QuestionEnded, 0},
		"a day goes by, and then others talk": {toBob, func(s *stale) {
			s.clock.Advance(room.DebtLife - time.Hour)
			s.draftsAgain()
			s.clock.Advance(time.Hour)
			s.reply(s.p.cid.Token, "No.", s.id)
		}, room.QuestionEnded, 1},
		"its sender leaves": {toBob, func(s *stale) {
			if _, err := s.LeaveRoom(s.t.Context(), chat.LeaveRequest{Token: s.p.ann.Token}); err != nil {
				s.t.Fatal(err)
			}
		}, room.QuestionEnded, 0},
		"another objects to the proposal": {proposal, func(s *stale) {
			s.sends(chat.SendRequest{Token: s.p.cid.Token, Text: "No.", Kind: room.Object, ReplyTo: s.id})
		}, room.QuestionEnded, 1},
		"the proposal is replaced": {proposal, func(s *stale) {
			s.sends(chat.SendRequest{Token: s.p.ann.Token, Text: "Or keep it?", Kind: room.Proposal, ReplyTo: s.id})
		}, room.QuestionEnded, 1},
		"the proposal is agreed": {asks(room.Proposal, nil, "Cid"), func(s *stale) { s.agree(s.p.cid.Token, s.id) },
			"", 1},
		"its agent has answered otherwise": {toBob, func(s *stale) {
			other := s.drafts(chat.SendRequest{Token: s.p.bob.Token, Text: "Wait.", ReplyTo: s.id})
			s.decides(s.person, other, room.SendDraft, "")
		}, "", 0},
		"its person has answered a later question": {toBob, func(s *stale) {
			later := s.ask(s.p.ann.Token, "Well?", "Bob")
			other := s.drafts(chat.SendRequest{Token: s.p.bob.Token, Text: "Wait.", ReplyTo: later})
			s.decides(s.person, other, room.SendDraft, "")
		}, "", 1},
		"what asked nothing": {func(s *stale) string { return s.say(s.p.ann.Token, "I delete it.").ID },
			func(*stale) {}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			onFiles(t, func(t *testing.T, services ...*world) {
				s := &stale{world: services[0]}
				s.p, s.person = s.approved()
				s.id = c.asks(s)
				s.draftsAgain()
				c.happens(s)
				there := services[len(services)-1].elsewhere()
				got := there.supervise(s.person, chat.SuperviseRequest{}).Drafts
				if len(got) == 0 || got[len(got)-1].Answers == nil {
					t.Fatalf("the person sees %+v", got)
				}
				last := got[len(got)-1]
				if a := last.Answers; a.From != "Ann" || a.State != c.want || last.Since != c.since ||
					!strings.Contains(a.Text, "delete it") && a.Text != room.Removed {
					t.Errorf("the person sees %+v, and %d messages since; want %s, %d", a, last.Since, c.want, c.since)
				}
				before := lines(there.all(s.p.cid.Token))
				for _, decision := range []chat.SuperviseRequest{{Decision: room.SendDraft},
					{Decision: room.EditDraft, Text: "Yes, do."}} {
					decision.Token, decision.Draft = s.person, s.draft
					if !c.want.IsStale() {
						break
					}
					var refused *fault.Error
					_, err := there.Supervise(t.Context(), decision)
					if !errors.As(err, &refused) || refused.Reason != fault.ReasonStale {
						t.Errorf("%s: %v", decision.Decision, err)
					}
				}
				same(t, "Cid reads", lines(there.all(s.p.cid.Token)), before)
				there.supervise(s.person, chat.SuperviseRequest{Draft: s.draft, Decision: room.SendDraft,
					Anyway: c.want.IsStale()})
				if all := there.all(s.p.cid.Token); all[len(all)-1].Text != "Yes, delete it." {
					t.Errorf("Cid reads %q", lines(all))
				}
			})
		})
	}
}

// draftsAgain has Bob write the draft.
func (s *stale) draftsAgain() {
	s.t.Helper()
	s.draft = s.drafts(chat.SendRequest{Token: s.p.bob.Token, Text: "Yes, delete it.", ReplyTo: s.id,
		Key: s.clock.Now().String()})
}

// A vote on what has ended is refused as the agent's own would be, and the person sees why beforehand. A proposal in
// the place of an agreement answers what still binds, and one in the place of a replaced one does not.
func TestDraft_answersAProposalThatEnded_isAsked(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	first := w.propose(p.ann.Token, "tea at four", "Cid")
	w.agree(p.cid.Token, first)
	draft := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "tea at five", Kind: room.Proposal, ReplyTo: first})
	stands := func() room.QuestionState {
		return w.supervise(person, chat.SuperviseRequest{}).Drafts[0].Answers.State
	}
	if got := stands(); got != "" {
		t.Errorf("an agreement that binds: %q", got)
	}
	second := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "tea at six", Kind: room.Proposal, ReplyTo: first,
		Ask: []string{"Cid"}}).ID
	w.agree(p.cid.Token, second)
	if got := stands(); got != room.QuestionEnded {
		t.Errorf("an agreement that was replaced: %q", got)
	}
	_, err := w.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Draft: draft, Decision: room.SendDraft})
	wants(t, err, fault.InvalidArgument)
	w.decides(person, draft, room.RefuseDraft, "")

	asked := w.propose(p.ann.Token, "no tea", "Bob")
	draft = w.drafts(chat.SendRequest{Token: p.bob.Token, Kind: room.Agree, ReplyTo: asked})
	w.sends(chat.SendRequest{Token: p.ann.Token, Withdraw: asked, Text: "Tea, then."})
	if got := stands(); got != room.QuestionWithdrawn {
		t.Errorf("a vote: %q", got)
	}
	for _, anyway := range []bool{false, true} {
		_, err := w.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Draft: draft, Decision: room.SendDraft,
			Anyway: anyway})
		wants(t, err, fault.InvalidArgument)
	}
	if got := w.agreements(p.ann.Token); len(got) > 2 {
		t.Errorf("agreed is %q", got)
	}
}

// Ann takes her question back between the look of the call that sends the draft and its write: the draft stays, until
// its person has heard so.
func TestDraft_questionWithdrawnWhileItIsSent_staysADraft(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	asked := w.ask(p.ann.Token, "Shall I delete it?", "Bob")
	draft := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "Yes, delete it.", ReplyTo: asked})
	sent, process := false, *w
	process.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write && !sent {
			sent = true
			w.elsewhere().sends(chat.SendRequest{Token: p.ann.Token, Text: "Never mind.", Withdraw: asked})
		}
		return nil
	}}
	racing := process.elsewhere()
	req := chat.SuperviseRequest{Token: person, Draft: draft, Decision: room.SendDraft}
	var refused *fault.Error
	if _, err := racing.Supervise(t.Context(), req); !errors.As(err, &refused) ||
		refused.Reason != fault.ReasonStale || !strings.Contains(refused.Message, "was withdrawn") || !sent {
		t.Errorf("the race ends with %v", err)
	}
	if got := texts(racing.all(p.cid.Token)); got[len(got)-1] != "Never mind." {
		t.Errorf("Cid reads %q", got)
	}
	req.Anyway = true
	if _, err := racing.Supervise(t.Context(), req); err != nil {
		t.Error(err)
	}
}
