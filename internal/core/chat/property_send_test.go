package chat_test

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (m *machine) send() { m.sendOf(m.message(m.agent())) }

// agree has one of those agree that a proposal asks, and perhaps its client repeat the call.
func (m *machine) agree() {
	asked := slices.DeleteFunc(slices.Clone(m.agents), func(id agentID) bool {
		r, a := m.find(id)
		return a.gone || m.model.over(r) || m.speaksA2A(id) || !m.model.mayVote(r, a)
	})
	if len(asked) == 0 {
		m.Skip("nobody is asked")
	}
	c := sendCall{who: pick(m, "agent", asked...), text: pick(m, "with", "", "", "so be it"), kind: room.Agree}
	if r, a := m.find(c.who); pick(m, "named", true, false) {
		c.replyTo = m.proposalFor(r, a)
	}
	m.sendOf(c)
	m.again(c)
}

// takeBack has an agent withdraw what it asks, and perhaps its client repeat the call.
func (m *machine) takeBack() {
	id := m.agent()
	r, a := m.find(id)
	own := slices.DeleteFunc(m.model.openTo(r, a), func(q requestModel) bool { return q.seat != a.seat })
	if len(own) == 0 || m.speaksA2A(id) {
		m.Skip("it asks nothing")
	}
	c := sendCall{who: id, text: pick(m, "with", "", "never mind"), withdraw: own[0].n}
	m.sendOf(c)
	m.again(c)
}

// revise has all agree to a plan of one of them, unless there is one, one of them perhaps add a task, and one propose
// another plan in its place.
func (m *machine) revise() {
	id := m.agent()
	r, a := m.find(id)
	if m.speaksA2A(id) {
		m.Skip("it knows no kinds")
	}
	plans := slices.DeleteFunc(r.agreed(a), func(x agreementModel) bool { return x.replacedBy > 0 })
	if len(plans) == 0 {
		m.said++
		m.sendOf(sendCall{who: id, text: fmt.Sprintf("plan %d", m.said), kind: room.Proposal})
		for _, other := range m.agents {
			r, a := m.find(other)
			if other.room == id.room && !a.gone && !m.speaksA2A(other) && m.model.mayVote(r, a) {
				m.sendOf(sendCall{who: other, kind: room.Agree, replyTo: m.proposalFor(r, a)})
			}
		}
		return
	}
	other := func() agentID {
		here := slices.DeleteFunc(slices.Clone(m.agents), func(x agentID) bool { return x.room != id.room })
		return pick(m, "other", here...)
	}
	m.said++
	m.taskOf(taskCall{who: other(), req: chat.TaskRequest{Action: chat.CommandAdd,
		Tasks: []chat.NewTask{{Title: fmt.Sprintf("part %d", m.said)}}}})
	m.sendOf(sendCall{who: id, text: fmt.Sprintf("plan %d", m.said), kind: room.Proposal, replyTo: plans[0].n})
	r, _ = m.find(id)
	req := chat.TaskRequest{Action: pick(m, "then", chat.CommandTake, chat.CommandFinish, chat.CommandEdit, ""),
		ID: fmt.Sprintf("t%d", max(1, len(r.tasks)))}
	switch req.Action {
	case chat.CommandFinish:
		req.Exited, req.Evidence = true, room.Evidence{Ran: "make"}
	case chat.CommandEdit:
		req.Title = "another part"
	}
	m.taskOf(taskCall{who: other(), req: req})
}

// again perhaps has the client of a send repeat the call, perhaps after other words of its agent, or of others.
func (m *machine) again(c sendCall) {
	for range rapid.IntRange(0, 2).Draw(m.T, "words between") {
		m.said++
		m.sendOf(sendCall{who: pick(m, "says", c.who, m.agent()), text: fmt.Sprintf("text %d between", m.said)})
	}
	if pick(m, "repeated", true, false) {
		m.sendOf(c)
	}
}

// proposalFor returns a proposal that asks a.
func (m *machine) proposalFor(r roomModel, a agentModel) int64 {
	all := m.model.openTo(r, a)
	i := slices.IndexFunc(all, func(q requestModel) bool { return q.proposal && slices.Contains(q.owed, a.seat) })
	return all[i].n
}

// ask has an agent ask another, that one perhaps answer, the asker perhaps read that, and its client repeat the call.
func (m *machine) ask() {
	c := sendCall{who: m.agent(), kind: pick(m, "kind", "", room.Request, room.Proposal)}
	others := slices.DeleteFunc(slices.Clone(m.agents), func(id agentID) bool {
		_, a := m.find(id)
		return a.gone || id.room != c.who.room || id == c.who || m.speaksA2A(id)
	})
	if len(others) == 0 || m.speaksA2A(c.who) {
		m.Skip("nobody is there to ask, or to be asked")
	}
	other := pick(m, "asks", others...)
	_, asked := m.find(other)
	m.said++
	c.text, c.ask = fmt.Sprintf("question %d", m.said), []string{asked.name}
	m.sendOf(c)
	if r, _ := m.find(c.who); pick(m, "answered", true, true, false) {
		m.sendOf(sendCall{who: other, text: fmt.Sprintf("answer %d", m.said), replyTo: r.head()})
	}
	if pick(m, "read", true, false) {
		m.waitOf(c.who)
	}
	m.sendOf(c)
}

func (m *machine) sendOf(c sendCall) {
	req := chat.SendRequest{
		Token: m.tokens[c.who], Text: c.text, To: c.to, Ask: c.ask, Kind: c.kind, Key: c.key, Absence: c.absence,
		ReplyTo: m.numbers.id(c.who.room, c.replyTo), Withdraw: m.numbers.id(c.who.room, c.withdraw),
	}
	if r, _ := m.find(c.who); len(r.tasks) > 0 && len(c.named()) == 0 && !c.isVote() &&
		c.withdraw == 0 && !m.speaksA2A(c.who) && pick(m, "finishes", false, false, true) {
		no := taskNumber(m.taskID(r))
		c.finishes = []int64{no}
		req.Finishes = []string{fmt.Sprintf("t%d", no)}
	}
	req.Cursor, c.cursor = m.cursor(c.who)
	req.Stay = m.speaksA2A(c.who)
	if req.Stay {
		_, a := m.find(c.who)
		c.cursor.n, c.cursor.sends, c.stay = m.arrived(c.who, c.key), a.heldBefore(c.key), true
	}
	service := m.service()
	got, err := service.Send(m.by(c.who), req)
	plain := m.numbers.sent(req.Token, got)
	hands := waitOp{who: c.who, cursor: c.cursor, absence: c.absence, got: plain.Waited, owed: !got.Sent,
		sent: got.Sent}
	if req.Stay && got.Sent {
		hands.cursor, hands.after = cursorArg{}, m.handedAfter(c, plain)
	}
	switch {
	case err != nil:
		m.take(sendOp{c, plain, m.unexpected(err)})
		return
	case got.Sent:
		m.take(sendOp{c, plain, ""}, hands)
	case got.Waited.Status == chat.StatusPending || got.Waited.Status == chat.StatusPaused:
		m.take(heldOp{c, plain})
	default:
		m.take(holdOp{c, plain}, hands)
	}
	m.roster(c.who, got.Waited)
	if got.Agreed != "" {
		m.infoOf(c.who)
		m.readHistory(service, historyOp{who: c.who, agreed: true})
	}
	if !m.model.oneService { // so that the other service learns of the call soon
		m.readHistory(service, historyOp{who: c.who, limit: 1})
	}
}

// message draws what an agent says, but for the cursor.
func (m *machine) message(id agentID) sendCall {
	c := sendCall{who: id, text: m.text(id), key: pick(m, "key", "", "", "", "", "k1", "k2"), absence: m.absence()}
	c.kind = pick(m, "kind", "", "", room.Plain, room.Request, room.Request, room.Status, room.Done, room.Done,
		room.Proposal, room.Proposal, room.Agree, room.Agree, room.Object)
	if m.speaksA2A(id) { // which has no more than a text and a key
		c.kind = ""
		return c
	}
	if pick(m, "private", false, false, true) {
		c.to = m.names("to")
		if pick(m, "all", false, false, true) {
			c.to = []string{chat.Everyone}
		}
	}
	if pick(m, "asks", false, false, true) {
		c.ask = m.names("ask")
	}
	if pick(m, "reply", false, true) {
		c.replyTo = m.answered(id)
	}
	if pick(m, "withdraws", false, false, false, false, true) {
		c.withdraw = m.answered(id)
	}
	if pick(m, "wordless", false, false, true) && (c.withdraw > 0 || c.kind == room.Agree) {
		c.text = ""
	}
	if c.isMalformed() && rapid.IntRange(0, 9).Draw(m.T, "though malformed") > 0 { // make it right
		c.ask = nil
		if c.isVote() || c.withdraw > 0 {
			c.to = nil
		}
		if c.withdraw > 0 {
			c.kind = pick(m, "kind that asks for nothing", "", room.Status, room.Done)
		}
	}
	return c
}

func (m *machine) names(what string) []string {
	return rapid.SliceOfN(rapid.Custom(func(*rapid.T) string { return m.name(what) }), 1, 2).Draw(m.T, what)
}

// answered draws the number of a message to answer: mostly one that the agent sees,
// and often one that waits for answers.
func (m *machine) answered(id agentID) int64 {
	r, a := m.find(id)
	if open := m.model.openTo(r, a); len(open) > 0 && pick(m, "answers what is open", true, true, false) {
		return open[rapid.IntRange(0, len(open)-1).Draw(m.T, "open")].n
	}
	if all := r.visible(a, 0); len(all) > 0 && rapid.IntRange(0, 4).Draw(m.T, "answers what it sees") > 0 {
		all = slices.Clone(all[max(0, len(all)-6):])
		return numberOf(all[rapid.IntRange(0, len(all)-1).Draw(m.T, "reply to")].ID)
	}
	return int64(rapid.IntRange(1, int(r.head())+1).Draw(m.T, "reply to number"))
}
