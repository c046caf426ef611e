package chat_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// supervise has the person behind an agent do something. Its first act is to open the link.
func (m *machine) supervise() {
	id := m.supervised()
	r, a := m.find(id)
	if a.gone || r.closed || m.model.over(r) {
		m.Skip("there is nothing to supervise")
	}
	if m.people[id] == "" {
		m.openLink(id)
		return
	}
	yes, no := true, false
	op := superviseOp{who: id}
	switch pick(m, "supervises", "pause", "go on", "approve", "approve", "some", "some", "some", "some",
		"no longer", "decide", "decide", "decide", "say") {
	case "pause":
		op.req.Paused = &yes
	case "go on":
		op.req.Paused = &no
	case "approve":
		op.req.Approve = &yes
	case "some":
		op.req.ApproveSome = &room.Selection{Private: pick(m, "private", true, false),
			Files: pick(m, "files", true, false), Agreements: pick(m, "agreements", true, false)}
		m.supervises(op)
		for range 3 {
			m.saysUnder(id)
		}
		return
	case "no longer":
		op.req.Approve = &no
	case "decide":
		m.draws(&op, a)
	case "say":
		m.personSays(id)
		return
	}
	m.supervises(op)
}

// saysUnder has an agent of which some is approved say something, and often in private.
func (m *machine) saysUnder(id agentID) {
	if _, calls := m.tokens[id]; !calls { // an endpoint
		return
	}
	c := m.message(id)
	if !m.speaksA2A(id) && !c.isVote() && c.withdraw == 0 && len(c.ask) == 0 && pick(m, "tells", true, false) {
		c.to = m.names("to")
	}
	m.sendOf(c)
}

// draws draws a decision about a draft of a, perhaps one that is too old.
func (m *machine) draws(op *superviseOp, a agentModel) {
	if len(a.person.drafts) == 0 {
		m.Skip("there is no draft")
	}
	d := rapid.SampledFrom(a.person.drafts).Draw(m.T, "draft")
	op.draft, op.decision = d.n, pick(m, "decision", room.SendDraft, room.SendDraft, room.EditDraft, room.RefuseDraft)
	op.req.Draft, op.req.Decision = m.numbers.id(op.who.room, d.n), op.decision
	op.req.Anyway = true // TestDraft_answersWhatIsOpenNoMore_isSentOnlyAnyway has the questions
	m.said++
	if op.decision == room.EditDraft {
		op.req.Text = fmt.Sprintf("edited %d", m.said) + pick(m, "for", "", " for @bob")
	}
}

// supervises makes the call of op.
func (m *machine) supervises(op superviseOp) {
	op.req.Token = m.people[op.who]
	got, err := m.service().Supervise(m.ctx, op.req)
	for i, draft := range got.Drafts {
		got.Drafts[i].Message = m.numbers.messages(op.who.room, []chat.Message{draft.Message})[0]
	}
	op.got, op.code = got, m.unexpected(err)
	m.take(op)
}

// openLink gives the person behind an agent a token.
func (m *machine) openLink(id agentID) {
	c, ok := ident.ParseLinkCode(m.links[id])
	if !ok {
		m.Fatalf("%v has no link", id)
	}
	m.said++
	t := ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.Digits(uint64(m.said), ident.SecretChars), Person: true}
	m.people[id] = t.String()
	m.supervises(superviseOp{who: id, opens: true, req: chat.SuperviseRequest{Claim: m.links[id]}})
}

func (m *machine) personSays(id agentID) {
	m.said++
	op := personSaysOp{who: id, text: fmt.Sprintf("person %d", m.said) + pick(m, "for", "", " for @bob", " for @Ann")}
	got, err := m.service().Send(m.ctx, chat.SendRequest{Token: m.people[id], Text: op.text})
	op.got, op.code = m.numbers.sent(m.people[id], got), m.unexpected(err)
	m.take(op)
}
