package chat_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// personModel is who is behind an agent.
type personModel struct {
	opened  bool // its link
	paused  bool
	approve bool
	some    room.Selection // with approve: only these messages
	drafts  []draftModel   // oldest first
}

// approves reports whether the person sees e, a message of the agent as it would be sent to r, first.
func (p personModel) approves(r roomModel, e eventModel) bool {
	back, _ := r.event(e.withdraws)
	agreement := e.Kind == room.Proposal || e.Kind == room.Agree || e.Kind == room.Object || back.Kind == room.Proposal
	chosen := p.some.Private && len(e.to) > 0 || p.some.Files && e.File != nil || p.some.Agreements && agreement
	return p.approve && (p.some == room.Selection{} || len(e.finishes) > 0 || chosen)
}

// holds reports whether the agent may do nothing that others see without its person.
func (p personModel) holds() bool { return p.paused || p.approve }

// holds reports whether an agent of a principal is in r whose person holds it.
func (r roomModel) holds(principal string) bool {
	return slices.ContainsFunc(r.seated(), func(a agentModel) bool {
		return principal != "" && a.principal == principal && a.person.holds() && !a.endpoint
	})
}

// draftModel is a message that waits for the person.
type draftModel struct {
	n       int64
	at      time.Time
	key     string
	asks    []int      // those whom the agent itself asks
	message eventModel // as it would have been sent
}

// open returns the drafts that are less than a day old.
func (p personModel) open(now time.Time) []draftModel {
	return slices.DeleteFunc(slices.Clone(p.drafts), func(d draftModel) bool { return now.Sub(d.at) >= 24*time.Hour })
}

// waits reports whether the draft of event n waits for the person.
func (p personModel) waits(n int64, now time.Time) bool {
	return slices.ContainsFunc(p.open(now), func(d draftModel) bool { return d.n == n })
}

// without returns p without the draft of event n.
func (p personModel) without(n int64) personModel {
	p.drafts = slices.DeleteFunc(slices.Clone(p.drafts), func(d draftModel) bool { return d.n == n })
	return p
}

// tooMany reports whether agents have sent as many messages as they may.
func (r roomModel) tooMany() bool { return r.agentMessages > 0 && r.run >= r.agentMessages }

// runAfter counts the messages that all hear, up to e, since a person said one.
func (r roomModel) runAfter(e eventModel) int {
	heard := e.Type == chat.EventSaid && e.Reason == "" || e.Type == chat.EventTask && e.words
	for _, x := range r.seated() {
		heard = heard && (len(e.to) == 0 || x.seat == e.seat || slices.Contains(e.to, x.seat))
	}
	switch {
	case !heard:
		return r.run
	case e.Person:
		return 0
	}
	return r.run + 1
}

// underSupervision decides how a send of a ends that is no repetition, as far as its supervision says. e
// is the message before it is completed. ok is false if they say nothing.
func (c sendCall) underSupervision(m model, r roomModel, a agentModel, e eventModel) (x sendOutcome, ok bool) {
	switch {
	case a.person.paused:
		return sendOutcome{paused: true}, true
	case r.tooMany():
		return sendOutcome{code: fault.Paused}, true
	}
	return x, false
}

// drafted is how a send of a ends that would be sent as e, where its person approves that.
func (c sendCall) drafted(m model, r roomModel, a agentModel, ask []int, e eventModel) sendOutcome {
	if len(a.person.open(m.now)) >= 8 {
		return sendOutcome{code: fault.Paused}
	}
	return sendOutcome{pending: r.head() + 1, event: e, asks: ask}
}

// heldOp is a send that was answered with pending or paused.
type heldOp struct {
	sendCall
	got chat.Sent
}

func (o heldOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused || o.isMalformed() {
		return m, &wrong{"the send", o.got.Waited.Status, "refused"}
	}
	if o.got.Duplicate {
		o.repeats = numberOf(o.got.ID)
	}
	x := o.outcome(m, r, a)
	want := []any{false, shown(x.pending), x.pending > 0 && x.duplicate > 0, chat.StatusPaused, len(r.seated()) - 1, 0,
		a.person.paused}
	if x.pending > 0 {
		want[3] = chat.StatusPending
	}
	got := []any{o.got.Sent, o.got.ID, o.got.Duplicate, o.got.Waited.Status, o.got.Waited.Situation.Others,
		len(o.got.Waited.Messages), o.got.Waited.Situation.Paused}
	if err := sameText("the send under supervision", got, want); err != nil || x.pending == 0 && !x.paused {
		return m, &wrong{"the send", o.got, x}
	}
	m = m.withAgent(r.id, a.call(m.now))
	if x.pending == 0 || x.duplicate > 0 {
		return m, nil
	}
	return o.keepDraft(m, x)
}

// keepDraft returns the model after the message became a draft.
func (c sendCall) keepDraft(m model, x sendOutcome) (model, error) {
	r, _ := m.room(c.who.room)
	a, _ := r.agent(c.who.seat)
	e := x.event
	if !c.cursor.given && c.cursor.sends { // a stay
		a.heldByOthers = false
	}
	e.Type, e.hidden, e.drafts = chat.EventDrafted, true, true
	a.person.drafts = append(a.person.open(m.now),
		draftModel{n: x.pending, at: m.now, key: c.key, asks: x.asks, message: x.event})
	if c.key != "" {
		a.keys = append(slices.Clip(a.keys), keyModel{c.key, x.pending, m.now, true, x.event})
	}
	r, err := m.append(r.with(a), e)
	return m.with(r), err
}

func (o heldOp) String() string {
	return fmt.Sprintf("%v: %s %s, duplicate %t", o.sendCall, o.got.Waited.Status, o.got.ID, o.got.Duplicate)
}

// superviseOp is what the person behind an agent does: it opens its link, sets supervision, or
// decides about a draft.
type superviseOp struct {
	who      agentID
	opens    bool
	req      chat.SuperviseRequest
	draft    int64
	decision room.Decision
	got      chat.Supervised
	code     fault.Code
}

func (o superviseOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.seat)
	e := eventModel{seat: a.seat, hidden: true, Message: chat.Message{Type: chat.EventSupervision, Person: true}}
	was := a.person
	switch {
	case o.opens:
		a.person.opened = true
	case o.draft > 0:
		return o.decide(m, r, a, e)
	}
	if v := o.req.Paused; v != nil && *v != was.paused {
		a.person.paused, e.Reason = *v, room.ReasonResumed
		if *v {
			e.Reason = room.ReasonPaused
		}
	}
	if o.req.Approve != nil {
		a.person.approve, a.person.some = *o.req.Approve, room.Selection{}
	}
	if o.req.ApproveSome != nil {
		a.person.approve, a.person.some = *o.req.ApproveSome != room.Selection{}, *o.req.ApproveSome
	}
	if o.opens && !was.opened || a.person.paused != was.paused || a.person.approve != was.approve ||
		a.person.some != was.some {
		var err error
		r, err = m.append(r.with(a), e)
		if err != nil {
			return m, err
		}
	}
	return m.with(r), o.same(m, a)
}

// same compares supervision that the answer shows.
func (o superviseOp) same(m model, a agentModel) error {
	got, want := []string{}, []string{}
	for _, d := range o.got.Drafts {
		got = append(got, fmt.Sprint(d.ID, d.Type, d.Text, d.Kind, d.To))
	}
	for _, d := range a.person.open(m.now) {
		want = append(want, fmt.Sprint(shown(d.n), chat.EventDrafted, d.message.Text, d.message.Kind, d.message.To))
	}
	return sameText("supervision", []any{o.code, o.got.Paused, o.got.Approve, o.got.ApproveSome, got},
		[]any{"", a.person.paused, a.person.approve && a.person.some == room.Selection{}, a.person.some, want})
}

// decide decides about a draft. e is the event of a refusal.
func (o superviseOp) decide(m model, r roomModel, a agentModel, e eventModel) (model, error) {
	i := slices.IndexFunc(a.person.open(m.now), func(d draftModel) bool { return d.n == o.draft })
	if i < 0 {
		if o.isDecidedSo(m, r, a) {
			return m, o.same(m, a)
		}
		return m, expectEqual("the code", o.code, fault.InvalidArgument)
	}
	d := a.person.open(m.now)[i]
	e.decides = d.n
	if o.decision == room.RefuseDraft {
		e.Type, e.Reason, e.Draft = chat.EventDrafted, room.ReasonRefused, shown(d.n)
	} else {
		var code fault.Code
		e, code = o.message(m, r, a, d)
		if code != "" {
			return m, expectEqual("the code", o.code, code)
		}
		a = d.sent(m, r, a, e)
	}
	a.person = a.person.without(d.n)
	r, err := m.append(r.with(a), e)
	if err != nil {
		return m, err
	}
	a, _ = r.agent(a.seat)
	return m.with(r), o.same(m, a)
}

// isDecidedSo reports whether the draft was decided in the same way a short time ago.
func (o superviseOp) isDecidedSo(m model, r roomModel, a agentModel) bool {
	for _, e := range r.log {
		if e.decides != o.draft || e.seat != a.seat || m.now.Sub(e.At) >= room.RepeatWindow {
			continue
		}
		switch {
		case e.Reason == room.ReasonRefused:
			return o.decision == room.RefuseDraft
		case e.Person:
			return o.decision == room.EditDraft && e.Text == o.req.Text
		}
		return o.decision == room.SendDraft
	}
	return false
}

// message returns the draft as it is sent now.
func (o superviseOp) message(m model, r roomModel, a agentModel, d draftModel) (eventModel, fault.Code) {
	e := d.message
	e.ask, e.named = d.asks, nil
	if e.Kind == room.Agree || e.Kind == room.Object || e.withdraws > 0 {
		e.to = nil
	}
	if o.decision == room.EditDraft {
		e.Text, e.Person = o.req.Text, true
	}
	e, code := m.compose(r, a, e)
	if named := slices.Concat(e.to, e.ask); code == "" && len(r.names(named)) < len(named) {
		code = fault.InvalidArgument // one has left
	}
	e.decides = d.n
	return e, code
}

// sent returns a once the draft is sent as e, the next event. If its words are its own, it
// has spoken, as others see it.
func (d draftModel) sent(m model, r roomModel, a agentModel, e eventModel) agentModel {
	if d.key != "" {
		a.keys = append(slices.Clip(a.keys),
			keyModel{d.key, r.head() + 1, m.now, false, d.message})
	}
	if e.Person {
		return a
	}
	back := a.back()
	if !m.now.Before(back) {
		back = time.Time{}
	}
	return a.note(callModel{at: m.now, back: back, lent: true})
}

func (o superviseOp) String() string {
	how := func(v *bool) string {
		if v == nil {
			return "as it is"
		}
		return fmt.Sprint(*v)
	}
	approve := how(o.req.Approve)
	if some := o.req.ApproveSome; some != nil {
		approve = fmt.Sprint("some ", some.Names())
	}
	return fmt.Sprintf("the person of %v: opens %t, paused %s, approve %s, draft %d %s %q: %s", o.who, o.opens,
		how(o.req.Paused), approve, o.draft, o.decision, o.req.Text, o.code)
}

// personSaysOp is what a person says to all.
type personSaysOp struct {
	who  agentID
	text string
	got  chat.Sent
	code fault.Code
}

func (o personSaysOp) on(m model) (model, error) {
	r, _ := m.room(o.who.room)
	a, _ := r.agent(o.who.seat)
	e, code := m.compose(r, a, eventModel{seat: a.seat,
		Message: chat.Message{Type: chat.EventSaid, From: a.name, Text: o.text, Person: true}})
	if o.code != code || code != "" {
		return m, expectEqual("the code", o.code, code)
	}
	r, err := m.append(r, e)
	if err == nil && (!o.got.Sent || o.got.Duplicate || o.got.ID != shown(r.head())) {
		err = &wrong{"what a person says", o.got, r.head()}
	}
	return m.with(r), err
}

func (o personSaysOp) String() string {
	return fmt.Sprintf("the person of %v says %q: %s", o.who, o.text, o.code)
}
