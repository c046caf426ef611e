package room

import "slices"

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

// SeesAnswered reports whether e answers an event that a may see. If a does not see the answered event, the answer
// counts for a as none.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && a.SeesTask(e.ReAdded) && a.SeesMessage(e.ReplyTo, e.ReSeat, e.ReFor)
}
