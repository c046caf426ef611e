package chat_test

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// requestModel is a request or proposal to which answers are owed.
type requestModel struct {
	n        int64
	seat     int // who asks
	at       time.Time
	to       []int // who sees it beside seat; empty: everybody
	proposal bool
	any      bool  // the first answer that all see closes it
	owed     []int // who owes an answer
	agreed   []int // of a proposal: who has agreed
	persons  []int // those of agreed whose person did so
	apart    []int // who answered where not everybody sees it who sees the request
	replaces int64 // of a proposal: the agreement that it is to replace, itself or by what it replaced; 0: none
	bound    []int // whom replaces binds
}

// isUnder reports whether one of bound added or last edited t after agreement old and before proposal n, and nobody
// took or edited it since.
func (t taskModel) isUnder(old, n int64, bound []int) bool {
	is := func(act int64, by int) bool { return old < act && act < n && slices.Contains(bound, by) }
	return t.taken < n && t.edited < n && (is(t.added, t.adder) || is(t.edited, t.editor))
}

// questions reports whether q, a proposal of one whom the public agreement binds that it is to replace, puts t in
// question.
func (r roomModel) questions(q requestModel, t taskModel) bool {
	old, _ := r.event(q.replaces)
	return q.replaces > 0 && len(old.to) == 0 && slices.Contains(q.bound, q.seat) && t.isUnder(q.replaces, q.n, q.bound)
}

// questionOf returns the newest proposal, open or agreed on, that puts t in question; 0: none.
func (m model) questionOf(r roomModel, t taskModel) int64 {
	n := t.doubt
	for _, q := range m.current(r) {
		if r.questions(q, t) {
			n = max(n, q.n)
		}
	}
	return n
}

// doneUnder returns the agreement under which t, which is done, was done, if a sees what replaced it; 0: none.
func (r roomModel) doneUnder(a agentModel, t taskModel) int64 {
	for _, x := range r.agreed(a) {
		if x.replacedBy != 0 && t.isUnder(x.n, x.replacedBy, x.bound) {
			return x.n
		}
	}
	return 0
}

// agreementModel is a proposal to which everyone asked has agreed.
type agreementModel struct {
	n    int64 // the proposal
	done time.Time
	by   []string // who agreed beside its sender, in the order of their votes

	bound                []int // its sender, and the seats that agreed
	replaces, replacedBy int64 // as one agent sees it
}

// visibleTo reports whether the agent of a seat sees the request.
func (q requestModel) visibleTo(seat int) bool {
	return len(q.to) == 0 || q.seat == seat || slices.Contains(q.to, seat)
}

// knownTo returns who owes an answer, and whether anyone may give it, as the agent of
// a seat can tell. What was answered in private is answered only for those two.
func (q requestModel) knownTo(seat int) (owed []int, any bool) {
	switch party := q.seat == seat || slices.Contains(q.apart, seat); {
	case !q.visibleTo(seat):
		return nil, false
	case party:
		return q.owed, q.any && len(q.apart) == 0
	case q.any:
		return nil, true
	}
	return slices.Sorted(slices.Values(slices.Concat(q.owed, q.apart))), false
}

// openTo returns the requests that a knows to be open.
func (m model) openTo(r roomModel, a agentModel) (open []requestModel) {
	for _, q := range m.current(r) {
		if owed, any := q.knownTo(a.seat); any || len(owed) > 0 {
			open = append(open, q)
		}
	}
	return open
}

// current returns the open requests that are less than a day old.
func (m model) current(r roomModel) []requestModel {
	return slices.DeleteFunc(slices.Clone(r.open), func(q requestModel) bool { return m.now.Sub(q.at) >= 24*time.Hour })
}

// request returns the open request of event n.
func (m model) request(r roomModel, n int64) (requestModel, bool) {
	list := m.current(r)
	i := slices.IndexFunc(list, func(q requestModel) bool { return q.n == n && n > 0 })
	if i < 0 {
		return requestModel{}, false
	}
	return list[i], true
}

// mayVote reports whether a proposal asks a.
func (m model) mayVote(r roomModel, a agentModel) bool {
	return slices.ContainsFunc(m.current(r),
		func(q requestModel) bool { return q.proposal && slices.Contains(q.owed, a.seat) })
}

// owes returns the request that a, by name, is to answer first: the oldest proposal, else the oldest.
func (m model) owes(r roomModel, a agentModel) (first requestModel, owes bool) {
	for _, q := range m.current(r) {
		if slices.Contains(q.owed, a.seat) && (!owes || q.proposal && !first.proposal) {
			first, owes = q, true
		}
	}
	return first, owes
}

// owedTo counts the answers that others owe to a.
func (m model) owedTo(r roomModel, a agentModel) (n int) {
	for _, q := range m.openTo(r, a) {
		if q.seat != a.seat {
			continue
		}
		owed, any := q.knownTo(a.seat)
		mayAnswer := func(x agentModel) bool {
			return x.seat != a.seat && q.visibleTo(x.seat) && !r.silences(x)
		}
		switch {
		case !any:
			for _, seat := range owed {
				if x, _ := r.agent(seat); !x.gone {
					n++
				}
			}
		case slices.ContainsFunc(r.seated(), mayAnswer):
			n++
		}
	}
	return n
}

// talkEnded reports whether the talk is over for a: every other agent that may speak
// by itself is done, or every other agent has left since a joined; and nobody owes anything
// to a, nor a to anybody.
func (m model) talkEnded(r roomModel, a agentModel) bool {
	if _, owes := m.owes(r, a); owes || m.owedTo(r, a) > 0 {
		return false
	}
	speakers := 0
	for _, x := range r.seated() {
		if x.seat == a.seat || r.silences(x) || x.endpoint {
			continue
		}
		speakers++
		if !x.done {
			return false
		}
	}
	return speakers > 0 || len(r.seated()) == 1 && r.lastFreed() > a.joined
}

// settle returns r with the debts and agreements after e, and e with what it
// completes.
func (m model) settle(r roomModel, e eventModel) (roomModel, eventModel) {
	r.open = m.current(r)
	replaces, bound := e.replaces, e.bound
	if q, open := m.request(r, e.replaces); open {
		replaces, bound = q.replaces, q.bound
	}
	if e.Type == chat.EventSaid {
		r = r.hearDone(e)
		r = r.hearAnswer(e)
		r = r.withdrawn(e)
		if len(e.ask) > 0 || e.Kind == room.Request {
			r.open = append(r.open, requestModel{
				n: e.n, seat: e.seat, at: m.now, to: e.to, proposal: e.Kind == room.Proposal, any: len(e.ask) == 0,
				owed: e.ask, replaces: replaces, bound: bound,
			})
		}
	} else {
		r = r.withoutAbsent(e)
	}
	var left []requestModel
	for _, q := range r.open {
		switch answered := len(q.owed) == 0; {
		case q.proposal && answered && len(q.agreed) > 0:
			e.agreed = append(e.agreed, q.n)
			x := agreementModel{n: q.n, done: m.now, by: r.voters(q), bound: append([]int{q.seat}, q.agreed...),
				replaces: q.replaces}
			if p, _ := r.event(q.n); q.replaces == 0 { // of no agreement, but of what was open
				x.replaces = p.replaces
			}
			r.agreements = append(slices.Clip(r.agreements), x)
			r.tasks = slices.Clone(r.tasks)
			for i, t := range r.tasks {
				if t.end == "" && r.questions(q, t) {
					r.tasks[i].doubt = q.n
				}
			}
		case !answered, q.any, len(q.apart) > 0:
			left = append(left, q)
		}
	}
	r.open = left
	return r, e
}

// hearDone notes whether the speaker is done, if everybody hears it.
func (r roomModel) hearDone(e eventModel) roomModel {
	a, _ := r.agent(e.seat)
	for _, x := range r.seated() {
		if len(e.to) > 0 && x.seat != e.seat && !slices.Contains(e.to, x.seat) {
			return r
		}
	}
	if e.Kind != room.Status {
		a.done = e.Kind == room.Done
	}
	return r.with(a)
}

// hearAnswer notes what e answers: with a request also those from before, with the same readers; an endpoint that is
// called answers all that it was asked before.
func (r roomModel) hearAnswer(e eventModel) roomModel {
	r.open = slices.Clone(r.open)
	readers := func(seat int, to []int) []int {
		if len(to) == 0 {
			return nil
		}
		return slices.Sorted(slices.Values(append(slices.Clip(to), seat)))
	}
	same := func(q requestModel) bool { return slices.Equal(readers(q.seat, q.to), readers(e.seat, e.to)) }
	answers := !e.Person && slices.ContainsFunc(r.open, func(q requestModel) bool {
		return q.n == e.replyTo && !q.proposal && same(q)
	})
	for i, q := range r.open {
		earlier := q.n < e.replyTo && (e.called || answers && same(q))
		owes := slices.Contains(q.owed, e.seat) || !q.any && slices.Contains(q.apart, e.seat)
		if earlier && !q.proposal && owes {
			r.open[i] = q.answered(r, e)
		}
	}
	i := slices.IndexFunc(r.open, func(q requestModel) bool { return q.n == e.replyTo })
	if i < 0 {
		return r
	}
	if q := &r.open[i]; q.proposal {
		*q = q.voted(r, e)
	} else {
		*q = q.answered(r, e)
	}
	return r
}

// answered returns the request after e, which replies to it. What the asker does not
// see is no answer. One that others do not see who see the request leaves them
// believing that it is owed.
func (q requestModel) answered(r roomModel, e eventModel) requestModel {
	asked := q.any || slices.Contains(q.owed, e.seat) || slices.Contains(q.apart, e.seat)
	if e.seat == q.seat || !asked || len(e.to) > 0 && !slices.Contains(e.to, q.seat) {
		return q
	}
	q.owed, q.apart = without(q.owed, e.seat), without(q.apart, e.seat)
	switch {
	case q.hides(e):
		q.apart = append(q.apart, e.seat)
	case q.any:
		q.any, q.apart = false, nil
	}
	return q
}

// hides reports whether some do not see e who see the request.
func (q requestModel) hides(e eventModel) bool {
	if len(e.to) == 0 {
		return false
	}
	return len(q.to) == 0 || slices.ContainsFunc(append(slices.Clip(q.to), q.seat), func(s int) bool {
		return s != e.seat && !slices.Contains(e.to, s)
	})
}

// voted returns the proposal after e, which replies to it. A plain reply leaves it as
// it is.
func (q requestModel) voted(r roomModel, e eventModel) requestModel {
	waits, agreed := slices.Contains(q.owed, e.seat), slices.Contains(q.agreed, e.seat)
	switch {
	case e.replaces == q.n, e.Kind == room.Object && (waits || agreed):
		return requestModel{n: q.n, proposal: true} // over
	case e.Kind == room.Agree && waits:
		q.owed, q.agreed = without(q.owed, e.seat), append(slices.Clip(q.agreed), e.seat)
		if e.Person {
			q.persons = append(slices.Clip(q.persons), e.seat)
		}
	}
	return q
}

// boundBy returns who is bound by proposal n, which is open or agreed on and not replaced, as a sees; nobody by any
// other event. open says that it is open.
func (m model) boundBy(r roomModel, a agentModel, n int64) (bound []int, open bool) {
	if q, open := m.request(r, n); open {
		if !q.proposal {
			return nil, false
		}
		return slices.Concat([]int{q.seat}, q.owed, q.agreed), true
	}
	for _, x := range r.agreed(a) {
		if x.n == n && x.replacedBy == 0 {
			return x.bound, false
		}
	}
	return nil, false
}

// replaces returns what e, a proposal of a, replaces: what it answers if it passes over nobody who is bound by that and
// is here, at least one, and if all who see the old one see it. Who is not bound replaces nothing that is open.
func (m model) replaces(r roomModel, a agentModel, e eventModel) int64 {
	if e.Kind != room.Proposal || e.replyTo == 0 {
		return 0
	}
	old, _ := r.event(e.replyTo)
	bound, open := m.boundBy(r, a, e.replyTo)
	if bound == nil || open && !slices.Contains(bound, a.seat) {
		return 0
	}
	others := 0
	for _, x := range r.seated() {
		sees := func(to []int, sender int) bool {
			return len(to) == 0 || x.seat == sender || slices.Contains(to, x.seat)
		}
		hidden := len(e.to) > 0 && (len(old.to) == 0 || sees(old.to, old.seat) && !sees(e.to, a.seat))
		isOther := x.seat != a.seat && !x.endpoint && slices.Contains(bound, x.seat)
		if hidden || isOther && !slices.Contains(e.ask, x.seat) {
			return 0
		}
		if isOther {
			others++
		}
	}
	if others == 0 && !open {
		return 0
	}
	return e.replyTo
}

// isRemoval reports whether an admin took a seat by e.
func (e eventModel) isRemoval() bool {
	return e.Type == chat.EventLeft && (e.Reason == room.ReasonKicked || e.Reason == room.ReasonBanned)
}

// asSame reports whether agents of two seats count as one: guests of one invite do, and seats of one key.
func (r roomModel) asSame(seat, other int) bool {
	a, _ := r.agent(seat)
	b, _ := r.agent(other)
	isKey := strings.HasPrefix(a.principal, "key:")
	return seat == other || a.guest && b.guest && a.invite == b.invite ||
		!a.guest && !b.guest && isKey && a.principal == b.principal
}

// mayAsk reports whether a has a place for e: it has nothing open, or less is open than may be of its own, of its party
// and of the room.
func (m model) mayAsk(r roomModel, a agentModel, e eventModel) bool {
	proposes, private := e.Kind == room.Proposal, len(e.to) > 0
	count := func(counts func(q requestModel) bool) (n int) {
		for _, q := range m.current(r) {
			if q.n != e.replaces && counts(q) {
				n++
			}
		}
		return n
	}
	own := func(q requestModel) bool { return q.seat == a.seat }
	alike := func(q requestModel) bool { return len(q.to) > 0 == private }
	ours := func(q requestModel) bool { return alike(q) && r.asSame(q.seat, a.seat) }
	ofParty := 12
	if private {
		ofParty = 8
	}
	return len(e.ask) == 0 && e.Kind != room.Request || count(own) == 0 ||
		count(own) < 12 && count(ours) < ofParty && count(alike) < 32 &&
			(!private || count(func(q requestModel) bool { return own(q) && len(q.to) > 0 }) < 4) &&
			(!proposes || count(func(q requestModel) bool { return own(q) && q.proposal }) < 4 &&
				(private || count(func(q requestModel) bool { return ours(q) && q.proposal }) < 4))
}

// voters returns who of those that are here has agreed to a proposal.
func (r roomModel) voters(q requestModel) (names []string) {
	for _, seat := range q.agreed {
		for _, name := range r.names([]int{seat}) {
			names = append(names, ident.Actor(name, slices.Contains(q.persons, seat), ""))
		}
	}
	return names
}

// withdrawn returns r without what e takes back.
func (r roomModel) withdrawn(e eventModel) roomModel {
	r.open = slices.DeleteFunc(slices.Clone(r.open), func(q requestModel) bool {
		return e.withdraws > 0 && q.n == e.withdraws && q.seat == e.seat
	})
	return r
}

// withoutAbsent returns r, after e, without what agents ask that have left, and without the
// debts of those that have left or may only listen. A mute ends no vote. A kick ends a proposal that asks the agent if
// it is to replace an agreement, and any other goes on to await its vote.
func (r roomModel) withoutAbsent(e eventModel) roomModel {
	gone := func(seat int) bool { a, _ := r.agent(seat); return a.gone }
	mute := func(seat int) bool { a, _ := r.agent(seat); return a.gone || r.silences(a) }
	r.open = slices.DeleteFunc(slices.Clone(r.open), func(q requestModel) bool {
		asks := slices.Contains(slices.Concat(q.owed, q.agreed), e.seat)
		return gone(q.seat) || q.replaces > 0 && e.isRemoval() && asks
	})
	for i := range r.open {
		q := &r.open[i]
		switch {
		case !q.proposal:
			q.owed = slices.DeleteFunc(slices.Clone(q.owed), mute)
			q.apart = slices.DeleteFunc(slices.Clone(q.apart), mute)
		case e.Type == chat.EventLeft:
			asked := slices.Contains(slices.Concat(q.owed, q.agreed), e.seat)
			q.agreed, q.owed = without(q.agreed, e.seat), without(q.owed, e.seat)
			if asked && e.isRemoval() {
				q.owed = append(q.owed, e.seat)
			}
		}
	}
	return r
}

func without(list []int, seat int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(s int) bool { return s == seat })
}

// holds reports whether e, which a has not read, holds back what a says to these seats.
func (c sendCall) holds(r roomModel, a agentModel, e eventModel, to []int) bool {
	switch {
	case c.cursor.sends && !a.isOfItsPerson(e):
		return false
	case e.TaskAction == room.EditTask && slices.Contains(c.finishes, taskNumber(e.Task.ID)):
		return a.isNews(e)
	case e.Type == chat.EventJoined && e.Reason == "" && slices.Contains(to, e.seat):
		return true
	case e.Type != chat.EventSaid, !a.isNews(e):
		return false
	case a.isOfItsPerson(e):
		return true
	case e.Kind == room.Status, e.Kind == room.Agree, e.Kind == room.Done:
		return false
	case r.meant(a, e), c.replyTo > 0 && (e.withdraws == c.replyTo || e.replyTo == c.replyTo):
		return true
	}
	answered, _ := r.event(c.replyTo)
	private := len(to) > 0 || c.isVote() && len(answered.to) > 0
	return !c.stay && (c.kind == room.Proposal || len(c.finishes) == 0 && !private && c.kind != room.Agree)
}

// isOfItsPerson reports whether the person behind a has said e, or let a say it.
func (a agentModel) isOfItsPerson(e eventModel) bool {
	return (e.Person || e.decides > 0) && e.seat == a.seat
}

// meant reports whether e is private to a, asks it, names it, frees it of a debt,
// replies to it, or continues a chain of replies above which it spoke.
func (r roomModel) meant(a agentModel, e eventModel) bool {
	answered, _ := r.event(e.replyTo)
	return a.isOfItsPerson(e) || len(e.to) > 0 || answered.n > 0 && answered.seat == a.seat && e.seat != a.seat ||
		slices.Contains(slices.Concat(e.ask, e.named, e.chain), a.seat)
}

// chain returns whose message or whose chain event n answers: those that read n.
func (r roomModel) chain(a agentModel, n int64) (seats []int) {
	e, _ := r.event(n)
	above, _ := r.event(e.replyTo)
	spoke := slices.Clone(e.chain)
	if above.n > 0 {
		spoke = append(spoke, above.seat)
	}
	for _, other := range r.seated() {
		if other.seat != a.seat && slices.Contains(spoke, other.seat) && other.sees(e) {
			seats = append(seats, other.seat)
		}
	}
	return seats
}

// agreedIn returns the proposals that e completes and a sees, those of its time.
func (r roomModel) agreedIn(a agentModel, e eventModel) (seen []int64) {
	for _, n := range e.agreed {
		if p, _ := r.event(n); n >= a.since && (len(p.to) == 0 || p.seat == a.seat || slices.Contains(p.to, a.seat)) {
			seen = append(seen, n)
		}
	}
	return seen
}

// mentioned returns the agents that a text names, which ends with @ and a name.
func (r roomModel) mentioned(text string) (seats []int) {
	for _, a := range r.seated() {
		if strings.HasSuffix(strings.ToLower(text), "@"+strings.ToLower(a.name)) {
			seats = append(seats, a.seat)
		}
	}
	return seats
}
