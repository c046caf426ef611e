package room

import "slices"

// Act is a call that unread events may hold back.
type Act struct {
	ByAny    bool    // any words of others hold it back: a text to all, a proposal, and to take a task
	To       []int   // the readers of a private text, else nil
	ReplyTo  int64   // the message that it answers; 0: none
	Finishes []int64 // the tasks that it finishes
}

// IsHeldBy reports whether event, which c has not read, holds back act (talk: held once).
//
// Words of others hold back what others read or work by, since they may say "stop": an agent, asked one second after
// its wait not to begin, began. A private text, a file, a vote and a report stay right whatever others say, and a
// report that comes late costs others work. So only words hold them back that are meant for c (see isMeantFor), that
// answer or withdraw what act answers, and the edit of a task that act finishes: what was done may no longer be what is
// wanted. A private text is held back, too, by the join of a reader, who may have the name of an agent known to c. The
// words of the person behind c always hold back. The zero Act is held back by these, and by what is meant for c.
func (c Caller) IsHeldBy(event Event, act Act) bool {
	switch {
	case !c.IsNews(event):
		return false
	case event.Type == Joined:
		return !event.Regains && slices.Contains(act.To, event.Seat)
	case event.Type == TaskChanged:
		return event.Task.Action == EditTask && slices.Contains(act.Finishes, event.Task.No)
	case event.Type != Said:
		return false
	case c.IsOwnPersons(event):
		return true
	case event.Kind.WantsNothing():
		return false
	}
	return act.ByAny || event.isMeantFor(c.Seat) ||
		act.ReplyTo != 0 && (event.ReplyTo == act.ReplyTo || event.Withdraws == act.ReplyTo)
}

// IsOwnPersons reports whether event is an act of the person behind c, or words that the person let c say.
func (c Caller) IsOwnPersons(event Event) bool { return event.isOfPerson() && event.Seat == c.Seat }

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
