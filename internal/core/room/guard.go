package room

import "slices"

// HoldBack says how an unread message holds back a send.
type HoldBack int

// The degrees. An unread message that does not hold back a send comes with the result.
const (
	HoldBackNever  HoldBack = iota
	HoldBackOnce            // not if the send has the cursor of an answer that held it back
	HoldBackAlways          // the message is meant for the sender; how often in a row, the guard in chat decides
)

// HoldBackOf returns how event, which c has not read, holds back said, a message that c sends: news may change the
// text.
//
// A message meant for c (see isMeantFor) always holds back. So do the withdrawal of the message answered by said, and
// the join of an addressee of said: the newcomer may have the name of an agent known to c. So does any message from
// the person behind c: a vote of the person is the vote of c. Otherwise, a kind that does not interrupt never holds
// back, and an Agree holds back only the proposer. Any other message to all holds back once, and only words to all: a
// private text, a file and the report of a finished task stay right whatever others say, and a report that comes late
// costs others work. A file that is proposed counts as words. An Agree is held back by replies to its proposal alone,
// and a Done of another holds back no Done: both have finished. A report is also held back by an edit of its task: what
// was done may no longer be what is wanted. Other events, and hidden events, never hold back.
func (c Caller) HoldBackOf(event, said Event) HoldBack {
	switch {
	case event.Type == Joined && !event.Regains && slices.Contains(said.To, event.Seat) && c.IsNews(event):
		return HoldBackAlways
	case event.Task != nil && event.Task.Action == EditTask && slices.Contains(said.Finishes, event.Task.No) &&
		c.IsNews(event):
		return HoldBackAlways
	case event.Type != Said || !c.IsNews(event):
		return HoldBackNever

	// event is a message, and news to c.
	case c.IsOwnPersons(event):
		return HoldBackAlways
	case !event.Kind.Interrupts():
		return HoldBackNever
	case event.Kind == Agree && event.ReSeat != c.Seat:
		return HoldBackNever
	case event.isMeantFor(c.Seat), event.Withdraws != 0 && event.Withdraws == said.ReplyTo:
		return HoldBackAlways
	case len(said.To) > 0, len(said.Finishes) > 0, said.File != nil && said.Kind != Proposal,
		said.Kind == Agree && said.ReplyTo != event.ReplyTo, said.Kind == Done && event.Kind == Done:
		return HoldBackNever
	}
	return HoldBackOnce
}

// IsOwnPersons reports whether event is an act of the person behind c, or words that the person let c say.
func (c Caller) IsOwnPersons(event Event) bool { return event.isOfPerson() && event.Seat == c.Seat }

// MustRead reports whether event, which c has not read, is a message that is meant for c and interrupts: it holds back
// whatever c says next.
func (c Caller) MustRead(event Event) bool { return c.HoldBackOf(event, Event{}) == HoldBackAlways }

// TaskAct is a change of tasks that unread events may hold back.
type TaskAct struct {
	Ends  int64 // the task that the agent finishes; 0: none
	Takes bool  // the agent takes a task
}

// HoldBackOfAct returns how event, which c has not read, holds back act. To take a task is held back as a text to all
// is, since the words may say "stop", and to finish a task as the report of it is. Without this rule an agent, asked
// one second after its wait not to begin, began. A vote of another holds back neither: a vote changes no work.
func (c Caller) HoldBackOfAct(event Event, act TaskAct) (how HoldBack) {
	if event.Kind == Agree && event.Seat != c.Seat {
		return HoldBackNever
	}
	if act.Takes {
		how = c.HoldBackOf(event, Event{})
	}
	if act.Ends != 0 {
		how = max(how, c.HoldBackOf(event, Event{Finishes: []int64{act.Ends}}))
	}
	return how
}

// HoldsLeave reports whether event, which c has not read, keeps c from leaving: if it would keep c from finishing a
// task, whichever task that is.
func (c Caller) HoldsLeave(event Event) bool {
	const noTask = -1
	return c.HoldBackOfAct(event, TaskAct{Ends: noTask}) == HoldBackAlways
}

// SeesAnswered reports whether e answers an event that a may see. If a does not see the answered event, the answer
// counts for a as none.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && a.SeesTask(e.ReAdded) && a.SeesMessage(e.ReplyTo, e.ReSeat, e.ReFor)
}

// isMeantFor reports whether e, which the agent of a seat sees, is meant for that agent: e is private to the agent,
// asks, names or answers it, continues a chain of replies in which the agent spoke (see ChainOf), or comes from its
// person or with the consent of its person.
func (e Event) isMeantFor(seat int) bool {
	return len(e.To) > 0 || slices.Contains(e.seatsMeant(), seat)
}

// MayHoldBack reports whether an event after n may hold back what the agent of seat says to the seats in to, or its
// report of the tasks in finishes. It overlooks no event that HoldBackOf or HoldBackOfAct holds back for: of a task
// that has ended, only the log tells whether it was edited.
func (h *Head) MayHoldBack(seat int, n int64, to []int, finishes []int64) bool {
	joined := func(seat int) bool {
		agent, here := h.Seated(seat)
		return here && agent.Joined > n
	}
	changed := func(no int64) bool {
		task, open := h.Task(no)
		return !open || task.Last > n
	}
	return h.Recent.NewestForeign(seat) > n || slices.ContainsFunc(to, joined) || slices.ContainsFunc(finishes, changed)
}

// seatsMeant returns the seats for which e is meant in particular. What a person says, or lets its agent say, is
// meant for its agent, whoever else sees it.
func (e Event) seatsMeant() []int {
	seats := slices.Clone(e.To)
	if len(e.To) == 0 {
		seats = slices.Concat(e.Ask, e.Named, e.repliedTo())
	}
	if e.isOfPerson() {
		seats = append(seats, e.Seat)
	}
	return seats
}

// Addressed returns the seats that e asks, names, or is private to.
func (e Event) Addressed() []int {
	seats := slices.Concat(e.To, e.Named, e.Ask)
	slices.Sort(seats)
	return slices.Compact(seats)
}

// MaySilence reports whether e may change whether the agent of seat may speak.
func (e Event) MaySilence(seat int) bool {
	return e.Type == Changed || e.Type == Managed && e.Seat == seat
}

// repliedTo returns the seats that e answers: that of the message in ReplyTo, unless it is e's own, and those of the
// chain (see ChainOf).
func (e Event) repliedTo() []int {
	if e.ReplyTo == 0 || e.ReSeat == e.Seat {
		return e.Chain
	}
	return append(slices.Clip(e.Chain), e.ReSeat)
}

// ChainOf returns the seats for which an answer of c to answered is also meant, since they spoke in the same chain of
// replies. Those above are the seats that answered itself answers. Those below have answered it since, among the events
// in later: they count if c answers itself. Neither c nor the seat of answered is in the result.
//
// Without those above, Ann's reply to Bob's answer does not reach Cid, whose words Bob has answered. Without those
// below, Ann asks all, Bob and Cid answer, and Ann's reply to her own question reaches neither.
//
// Each must see answered, and c must see the words of those below: nobody is meant by what goes on from words that it
// cannot read.
func (h *Head) ChainOf(c Caller, answered Event, later []Event) (seats []int) {
	add := func(seat int) {
		if agent, here := h.Seated(seat); here && seat != c.Seat && seat != answered.Seat &&
			agent.SeesMessage(answered.N, answered.Seat, answered.To) && !slices.Contains(seats, seat) {
			seats = append(seats, seat)
		}
	}
	for _, seat := range answered.repliedTo() {
		add(seat)
	}
	below := []int64{answered.N}
	for _, event := range later {
		if event.Type == Said && slices.Contains(below, event.ReplyTo) && c.Sees(event) {
			below = append(below, event.N)
			add(event.Seat)
		}
	}
	return seats
}
