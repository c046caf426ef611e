package chat_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// endpoints has something happen to an endpoint. Package outbox would do what the test does here.
func (m *machine) endpoints() {
	switch what := pick(m, "endpoint", "is added", "is added", "hears", "answers", "answers", "answers", "ends"); {
	case what == "is added" || len(m.called) == 0:
		m.addAgent()
	case what == "hears":
		id, x := m.endpoint()
		_, a := m.find(id)
		n := pick(m, "after", 0, a.begun, m.answeredTo[id])
		got, err := m.service().Heard(m.ctx, x, n, 0)
		if err != nil {
			m.Fatal(err)
		}
		m.take(heardOp{id, max(n, a.begun), got})
	case what == "answers":
		m.answers()
	case pick(m, "really", true, false, false):
		id, x := m.endpoint()
		if err := m.service().EndGoneHook(m.ctx, x); err != nil {
			m.Fatal(err)
		}
		m.take(dropOp{id})
	}
}

// endpoint draws one, mostly the last.
func (m *machine) endpoint() (agentID, roomlog.HookItem) {
	id := rapid.SampledFrom(m.called[max(0, len(m.called)-2):]).Draw(m.T, "endpoint")
	return id, m.hooks[id]
}

// addAgent has the person behind an agent add an endpoint.
func (m *machine) addAgent() {
	id := m.agent()
	r, a := m.find(id)
	if a.gone || r.closed || m.model.over(r) {
		m.Skip("nobody is there")
	}
	if m.people[id] == "" {
		m.openLink(id)
	}
	ctx, who := m.principal()
	op := addAgentOp{by: id, name: m.name("as"), principal: who}
	now := m.clock.Now()
	got, err := m.service().AddAgent(ctx, m.people[id], op.name, roomlog.HookItem{Secret: "whsec_",
		URL: fmt.Sprintf("https://example.com/%d", len(m.called)), SinceMs: now.UnixMilli(),
		UntilMs: now.Add(60 * 24 * time.Hour).UnixMilli()})
	op.code = m.unexpected(err)
	if op.code != "" {
		m.take(op)
		return
	}
	x, err := m.service().Store().Hook(m.ctx, got.Hook)
	if err != nil {
		m.Fatal(err)
	}
	op.seat = x.Seat
	m.take(op)
	added := agentID{id.room, x.Seat}
	m.called, m.hooks[added], m.links[added] = append(m.called, added), x, got.Watch
}

// answers has an endpoint answer a message that it sees, perhaps once more.
func (m *machine) answers() {
	id, x := m.endpoint()
	r, a := m.find(id)
	var all []int64
	for _, e := range r.log {
		if e.Type == chat.EventSaid && e.n > a.begun && a.sees(e) && (e.seat != a.seat || e.Person) {
			all = append(all, e.n)
		}
	}
	if len(all) == 0 {
		m.Skip("nothing has been said to it")
	}
	m.said++
	op := answerOp{who: id, to: rapid.SampledFrom(all[max(0, len(all)-3):]).Draw(m.T, "to"),
		text: fmt.Sprintf("answer %d", m.said) + pick(m, "for", "", "", " for @bob", " for @Dora")}
	op.code = m.unexpected(m.service().Answer(m.ctx, x, chat.Answer{Text: op.text, To: op.to, Key: op.key(), Step: 1}))
	if !a.gone && !r.closed && !m.model.over(r) {
		if err := m.service().Store().Table().Write(m.ctx,
			roomlog.PutProgress(x, roomlog.Progress{AtMs: m.clock.Now().UnixMilli()})); err != nil {
			m.Fatal(err)
		}
	}
	m.take(op)
	m.answeredTo[id] = op.to
}

// supervised draws an agent, or an endpoint.
func (m *machine) supervised() agentID {
	if len(m.called) > 0 && pick(m, "of an endpoint", false, true) {
		id, _ := m.endpoint()
		return id
	}
	return m.agent()
}
