package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// DebtLife is how long a request waits for its answers.
const DebtLife = 24 * time.Hour

// Talk is the part of a room's state that messages change: open requests, and who is done. Each event that changes
// the Talk carries all of it, and every event points to the last such event. So a message stays one item, and a
// cold load reads one item more. A published Talk is never changed.
type Talk struct {
	Open   []OpenRequest `json:"o,omitempty"`  // oldest first
	Done   []int         `json:"d,omitempty"`  // seats whose last message to all was of kind Done
	Doubts []Doubt       `json:"in,omitempty"` // in the order of the tasks
	// Differences are oldest first, at most core.MaxDifferences. An older program has another list as "p".
	Differences []Difference `json:"df,omitempty"`
}

// OpenRequest is a request or a proposal with answers owed.
type OpenRequest struct {
	N        int64 `json:"n"`            // the event of the request
	Seat     int   `json:"s"`            // of the asker
	AtMs     int64 `json:"at"`           // since when
	To       []int `json:"to,omitempty"` // the seats that see the request beside Seat; empty means all
	Proposal bool  `json:"p,omitempty"`
	Any      bool  `json:"any,omitempty"` // the first answer of anyone closes the request
	Owed     []int `json:"ow,omitempty"`  // seats that owe an answer
	Agreed   []int `json:"ag,omitempty"`  // of a Proposal: seats that were asked and have agreed
	// Persons are the seats in Agreed whose person agreed, with the person's name at that time: see
	// Event.PersonName.
	Persons []Voter `json:"me,omitempty"`
	// Apart are seats that answered in private a request with more readers. To the other readers they still owe an
	// answer: the others must not see that one was given.
	Apart []int `json:"ap,omitempty"`
	// Replaces is the agreement that a Proposal is to replace, itself or by the open proposals that it has replaced.
	Replaces Replaced `json:"re,omitzero"`
}

// Replaced is an agreement that is to be replaced.
type Replaced struct {
	N    int64 `json:"n"`            // the event of its proposal
	Seat int   `json:"s"`            // of the one who proposed it
	For  []int `json:"to,omitempty"` // the seats that see it beside Seat; empty: all
	// Bound are the seats that it binds; empty in the requests of older programs.
	Bound []int `json:"b,omitempty"`
}

// Voter is a person who voted in the seat of its agent.
type Voter struct {
	Seat int    `json:"s"`
	Name string `json:"f,omitempty"`
}

// hasExpired reports whether the request has waited for DebtLife.
func (r OpenRequest) hasExpired(now time.Time) bool {
	return now.Sub(time.UnixMilli(r.AtMs)) >= DebtLife
}

// visibleTo reports whether the agent of a seat sees the request.
func (r OpenRequest) visibleTo(seat int) bool {
	return len(r.To) == 0 || r.Seat == seat || slices.Contains(r.To, seat)
}

// readers returns the seats that see the request; nil if all do.
func (r OpenRequest) readers() []int {
	if len(r.To) == 0 {
		return nil
	}
	return append(slices.Clone(r.To), r.Seat)
}

// seenBy returns the request as the agent of a seat knows it. open is false if the agent does not see the request,
// or knows it as answered.
func (r OpenRequest) seenBy(seat int) (seen OpenRequest, open bool) {
	if !r.visibleTo(seat) {
		return r, false
	}
	if party := r.Seat == seat || slices.Contains(r.Apart, seat); party {
		r.Any = r.Any && len(r.Apart) == 0
	} else if !r.Any { // in one order, which hides who has answered
		r.Owed = slices.Sorted(slices.Values(slices.Concat(r.Owed, r.Apart)))
	}
	return r, r.Any || len(r.Owed) > 0
}

// OpenTo returns the open requests and proposals, as far as the agent of a seat knows, oldest first.
func (t Talk) OpenTo(seat int, now time.Time) (open []OpenRequest) {
	for _, request := range t.Open {
		if seen, yes := request.seenBy(seat); yes && !request.hasExpired(now) {
			open = append(open, seen)
		}
	}
	return open
}

// Owes returns the oldest request that names a seat and awaits its answer.
func (t Talk) Owes(seat int, now time.Time) (OpenRequest, bool) {
	i := slices.IndexFunc(t.Open, func(request OpenRequest) bool { return request.isOwedBy(seat, now) })
	if i < 0 {
		return OpenRequest{}, false
	}
	return t.Open[i], true
}

// owedBy returns the requests that name a seat and await its answer, oldest first.
func (t Talk) owedBy(seat int, now time.Time) (owed []OpenRequest) {
	for _, request := range t.Open {
		if request.isOwedBy(seat, now) {
			owed = append(owed, request)
		}
	}
	return owed
}

// isOwedBy reports whether r awaits an answer of a seat.
func (r OpenRequest) isOwedBy(seat int, now time.Time) bool {
	return slices.Contains(r.Owed, seat) && !r.hasExpired(now)
}

// AsksToAgree reports whether an open proposal awaits the vote of a seat.
func (t Talk) AsksToAgree(seat int, now time.Time) bool {
	return slices.ContainsFunc(t.Open, func(r OpenRequest) bool { return r.Proposal && r.isOwedBy(seat, now) })
}

// asks reports whether r asks a seat to vote.
func (r OpenRequest) asks(seat int) bool {
	return slices.Contains(r.Owed, seat) || slices.Contains(r.Agreed, seat)
}

// LacksVoter returns the event of an open proposal of a seat that can never complete, since one whom it asks was
// removed; 0: none.
func (s *State) LacksVoter(seat int, now time.Time) int64 {
	for _, r := range s.Talk.Open {
		if r.Proposal && r.Seat == seat && !r.hasExpired(now) && len(s.here(r.Owed)) < len(r.Owed) {
			return r.N
		}
	}
	return 0
}

// here returns those of seats that agents have. seats is unchanged.
func (s *State) here(seats []int) []int {
	isGone := func(seat int) bool { _, here := s.Seated(seat); return !here }
	if !slices.ContainsFunc(seats, isGone) {
		return seats
	}
	return slices.DeleteFunc(slices.Clone(seats), isGone)
}

// AwaitedBy returns the open requests and proposals of a seat to which others owe answers who are here, oldest first. A
// request that anyone may answer is among them while another agent sees the request and may speak.
func (s *State) AwaitedBy(seat int, now time.Time) []OpenRequest {
	mayAnswer := func(agent Agent, request OpenRequest) bool {
		return agent.Seat != seat && request.visibleTo(agent.Seat) && !s.Silenced(agent)
	}
	open := s.Talk.OpenTo(seat, now)
	for i := range open {
		open[i].Owed = s.here(open[i].Owed)
	}
	return slices.DeleteFunc(open, func(request OpenRequest) bool {
		return request.Seat != seat || request.Answers() == 0 || request.Any &&
			!slices.ContainsFunc(s.Agents, func(agent Agent) bool { return mayAnswer(agent, request) })
	})
}

// OwedTo returns how many answers others owe to a seat.
func (s *State) OwedTo(seat int, now time.Time) (n int) {
	for _, request := range s.AwaitedBy(seat, now) {
		n += request.Answers()
	}
	return n
}

// Answers returns how many answers r awaits: one if anyone may answer.
func (r OpenRequest) Answers() int {
	if r.Any {
		return 1
	}
	return len(r.Owed)
}

// Find returns the open request of event n.
func (t Talk) Find(n int64, now time.Time) (OpenRequest, bool) {
	if request := t.find(n, now); request != nil {
		return *request, true
	}
	return OpenRequest{}, false
}

// find returns the open request of event n; nil if there is none.
func (t Talk) find(n int64, now time.Time) *OpenRequest {
	for i := range t.Open {
		if request := &t.Open[i]; n != 0 && request.N == n && !request.hasExpired(now) {
			return request
		}
	}
	return nil
}

// AgreedAfter returns who has agreed to proposal n once done, the next event, has completed the proposal: see
// ident.Actor.
func (h *Head) AgreedAfter(n int64, done Event) (names []string) {
	request := h.completedBy(n, &done)
	for _, seat := range request.Agreed {
		agent, here := h.Seated(seat)
		i := slices.IndexFunc(request.Persons, func(v Voter) bool { return v.Seat == seat })
		switch {
		case here && i >= 0:
			names = append(names, ident.Actor(agent.Name, true, request.Persons[i].Name))
		case here:
			names = append(names, agent.Name)
		}
	}
	return names
}

// completedBy returns the open proposal n as done, the next event, completes it.
func (h *Head) completedBy(n int64, done *Event) (request OpenRequest) {
	if open := h.Talk.find(n, done.At()); open != nil {
		request = *open
	}
	request.Agreed = withoutSeat(request.Agreed, done.Seat)
	if done.Kind == Agree && done.ReplyTo == n {
		request.applyAgreement(*done)
	}
	return request
}

// applyAgreement records the agreement e to r. What r refers to is unchanged.
func (r *OpenRequest) applyAgreement(e Event) {
	r.Owed, r.Agreed = withoutSeat(r.Owed, e.Seat), append(slices.Clone(r.Agreed), e.Seat)
	if e.Person {
		r.Persons = append(slices.Clip(r.Persons), Voter{e.Seat, e.PersonName})
	}
}

// IsOpenTo reports whether event n is a request or a proposal that is open, as far as the agent of a seat knows.
func (t Talk) IsOpenTo(n int64, seat int, now time.Time) bool {
	return slices.ContainsFunc(t.OpenTo(seat, now), func(r OpenRequest) bool { return r.N == n })
}

// asks reports whether event n is a request or a proposal that t has, however old.
func (t *Talk) asks(n int64) bool {
	return slices.ContainsFunc(t.Open, func(r OpenRequest) bool { return r.N == n })
}

// isProposal reports whether event n is an open proposal.
func (t Talk) isProposal(n int64) bool {
	return slices.ContainsFunc(t.Open, func(r OpenRequest) bool { return r.N == n && r.Proposal })
}

// IsDone reports whether the agent of a seat is done.
func (t Talk) IsDone(seat int) bool { return slices.Contains(t.Done, seat) }

// ledger derives the talk state after an event from the state before.
type ledger struct {
	Talk
	state   *State // after the event
	changed bool
	agreed  []OpenRequest // proposals completed by the event
}

// applyTalk returns the ledger after event, an event that led from before to state. A debt ends by a reply, a
// withdrawal, the leaving or muting of its agent, the asker's leaving, or after DebtLife. A note changes nothing:
// others could tell that a note was written.
func (before *State) applyTalk(state *State, event Event) *ledger {
	l := &ledger{state: state, Talk: before.Talk}
	l.Open = slices.Clone(l.Open)
	l.removeIf(func(request OpenRequest) bool { return request.hasExpired(event.At()) })
	switch {
	case event.IsNote():
	case event.Type == Said:
		l.applyDone(event)
		l.applyAnswer(event)
		l.applyWithdrawal(event)
		l.applyRequest(event, before.Talk.replacedBy(event))
		l.complete()
	case event.ChangesState():
		l.removeAbsent(event)
		l.complete()
	}
	l.applyDifferences(event)
	l.applyDoubts()
	return l
}

// removeIf removes the requests for which over is true.
func (l *ledger) removeIf(over func(OpenRequest) bool) {
	n := len(l.Open)
	l.Open = slices.DeleteFunc(l.Open, over)
	l.changed = l.changed || len(l.Open) < n
}

// applyDone records whether the speaker is done. A message hidden from some changes nothing: they could tell that
// it was sent.
func (l *ledger) applyDone(event Event) {
	if l.state.hidesFromSome(event) {
		return
	}
	switch was := l.IsDone(event.Seat); {
	case event.Kind == Done && !was:
		l.Done, l.changed = append(slices.Clone(l.Done), event.Seat), true
	case was && event.Kind != Done && event.Kind.Interrupts():
		l.Done, l.changed = withoutSeat(l.Done, event.Seat), true
	}
}

// hidesFromSome reports whether an agent of s does not see e.
func (s *State) hidesFromSome(e Event) bool {
	return len(e.To) > 0 && slices.ContainsFunc(s.Agents, func(a Agent) bool { return !a.CanSee(e.Seat, e.To) })
}

// applyAnswer records the answers in event. An answer hidden from the asker does not count. An answer in private to a
// request with more readers ends the debt for the two; the others still await an answer, since they must not see
// that one was given. An answer of an agent to a request also answers what the agent was asked before, with the same
// readers: if Ann asks Bob in 5, and Cid in 8, Bob answers both by one reply to 8. Otherwise Bob would be told all day
// to answer 5. A person answers one by one, and a vote is no answer in words. An endpoint answers all requests of its
// call by one message that names the last.
func (l *ledger) applyAnswer(event Event) {
	answers := !event.Person && slices.ContainsFunc(l.Open, func(r OpenRequest) bool {
		return r.N == event.ReplyTo && !r.Proposal && r.hasReadersOf(event) // else others could tell that 8 exists
	})
	for i := range l.Open {
		request := &l.Open[i]
		owes := slices.Contains(request.Owed, event.Seat) || !request.Any && slices.Contains(request.Apart, event.Seat)
		earlier := request.N < event.ReplyTo && owes && (event.Step > 0 || answers && request.hasReadersOf(event))
		if !request.Proposal && (request.N == event.ReplyTo || earlier) {
			l.applyAnswerTo(request, event)
		}
	}
	l.removeIf(OpenRequest.isAnswered)
	if i := slices.IndexFunc(l.Open, func(r OpenRequest) bool { return r.N == event.ReplyTo && r.Proposal }); i >= 0 {
		l.applyVote(&l.Open[i], event)
	}
}

// hasReadersOf reports whether the agents that see r are those that see event: all, or the same few.
func (r OpenRequest) hasReadersOf(event Event) bool {
	if len(r.To) == 0 || len(event.To) == 0 {
		return len(r.To) == len(event.To)
	}
	answer := OpenRequest{Seat: event.Seat, To: event.To}
	return slices.Equal(slices.Sorted(slices.Values(r.readers())), slices.Sorted(slices.Values(answer.readers())))
}

// applyAnswerTo records event as an answer to request.
func (l *ledger) applyAnswerTo(request *OpenRequest, event Event) {
	owes := slices.Contains(request.Owed, event.Seat) || slices.Contains(request.Apart, event.Seat)
	if event.Seat == request.Seat || !owes && !request.Any || len(event.To) > 0 &&
		!slices.Contains(event.To, request.Seat) {
		return
	}
	l.changed = true
	request.Owed, request.Apart = withoutSeat(request.Owed, event.Seat), withoutSeat(request.Apart, event.Seat)
	switch {
	case hidesAnswer(event.To, request.To, event.Seat):
		request.Apart = append(slices.Clip(request.Apart), event.Seat)
	case request.Any: // closed for all, also for seats that answered in private
		request.Any, request.Apart = false, nil
	}
}

// isAnswered reports whether r is a request without owed answers.
func (r OpenRequest) isAnswered() bool {
	return !r.Proposal && !r.Any && len(r.Owed)+len(r.Apart) == 0
}

// hidesAnswer reports whether an answer of seat, seen by the seats in to, is hidden from a reader of a request to
// the seats in asked. Empty means all.
func hidesAnswer(to, asked []int, seat int) bool {
	if len(to) == 0 {
		return false
	}
	return len(asked) == 0 || slices.ContainsFunc(asked,
		func(s int) bool { return s != seat && !slices.Contains(to, s) })
}

// applyVote records event as a reply to request, a proposal. An objection ends the proposal, and so does another
// proposal that replaces it.
func (l *ledger) applyVote(request *OpenRequest, event Event) {
	n, asked := request.N, request.asks(event.Seat)
	switch {
	case event.Kind == Object && asked:
		l.removeIf(func(r OpenRequest) bool { return r.N == n })
	case event.Replaces == n:
		l.removeIf(func(r OpenRequest) bool { return r.N == n })
	case event.Kind == Agree && slices.Contains(request.Owed, event.Seat):
		request.applyAgreement(event)
		l.changed = true
	}
}

// maxCompleted is how many agreements one event completes, each an op of its Write. The next event completes others.
const maxCompleted = core.MaxOpen

// complete ends the proposals without owed answers. If anybody has agreed, the proposal counts as agreed.
func (l *ledger) complete() {
	l.removeIf(func(request OpenRequest) bool {
		if !request.Proposal || len(request.Owed) > 0 || len(l.agreed) == maxCompleted {
			return false
		}
		if len(request.Agreed) > 0 {
			l.agreed = append(l.agreed, request)
		}
		return true
	})
}

// applyWithdrawal ends the sender's own request, which its sender withdraws.
func (l *ledger) applyWithdrawal(e Event) {
	i := slices.IndexFunc(l.Open, func(r OpenRequest) bool { return r.N == e.Withdraws && r.Seat == e.Seat })
	if i < 0 {
		return
	}
	l.Open, l.changed = slices.Delete(l.Open, i, i+1), true
}

// applyRequest records the request in event, which is to replace an agreement or nothing.
func (l *ledger) applyRequest(event Event, replaces Replaced) {
	anyone := event.Kind == Request && len(event.Ask) == 0
	if !anyone && len(event.Ask) == 0 {
		return
	}
	l.Open, l.changed = append(l.Open, OpenRequest{
		N: event.N, Seat: event.Seat, AtMs: event.AtMs, To: event.To, Proposal: event.Kind == Proposal, Any: anyone,
		Owed: event.Ask, Replaces: replaces,
	}), true
}

// removeAbsent ends, after event, the requests of agents that have left, and the debts of agents that have left or may
// only listen. A mute ends no vote, since a vote needs no words. A kick or ban completes nothing: a proposal that asks
// the agent ends if it is to replace an agreement, and any other one awaits the vote of the seat for good.
func (l *ledger) removeAbsent(event Event) {
	gone := func(seat int) bool { _, here := l.state.Seated(seat); return !here }
	mute := func(seat int) bool { return gone(seat) || l.state.SilencedSeat(seat) }
	l.removeIf(func(request OpenRequest) bool {
		return gone(request.Seat) || request.Replaces.N != 0 && event.takesSeat() && request.asks(event.Seat)
	})
	if slices.ContainsFunc(l.Done, gone) {
		l.Done, l.changed = slices.DeleteFunc(slices.Clone(l.Done), gone), true
	}
	for i := range l.Open {
		request := &l.Open[i]
		switch {
		case !request.Proposal:
			for _, list := range []*[]int{&request.Owed, &request.Apart} {
				if slices.ContainsFunc(*list, mute) {
					*list, l.changed = slices.DeleteFunc(slices.Clone(*list), mute), true
				}
			}
		case event.Type == Left && request.asks(event.Seat):
			l.changed = true
			request.Owed = withoutSeat(request.Owed, event.Seat)
			request.Agreed = withoutSeat(request.Agreed, event.Seat)
			if event.takesSeat() {
				request.Owed = append(slices.Clip(request.Owed), event.Seat)
			}
		}
	}
	l.removeIf(OpenRequest.isAnswered)
}

// withoutSeat returns list without seat. list is unchanged.
func withoutSeat(list []int, seat int) []int {
	if !slices.Contains(list, seat) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s int) bool { return s == seat })
}

// Ended reports whether the talk is over for agent: no answer is owed by or to agent, and either all others that may
// speak by themselves are done, or all others have left since agent joined.
func (s *State) Ended(agent Agent, now time.Time) bool {
	if _, owes := s.Talk.Owes(agent.Seat, now); owes || s.OwedTo(agent.Seat, now) > 0 {
		return false
	}
	speakers := 0
	for _, x := range s.Agents {
		if x.Seat == agent.Seat || s.Silenced(x) || x.IsEndpoint() {
			continue
		}
		speakers++
		if !s.Talk.IsDone(x.Seat) {
			return false
		}
	}
	return speakers > 0 || s.Others(agent.Seat) == 0 && s.LastFreed.N > agent.Joined
}
