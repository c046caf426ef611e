package room

import "slices"

// isMeantFor reports whether e, which the agent of a seat sees, is meant for that agent: e is private to the agent,
// asks or names it, answers it or another message of the chain in which it spoke (see ChainOf), or comes from its
// person or with the consent of its person. for_me, wakes and holding back use this meaning and no other.
//
// talk: meant for
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

// repliedTo returns the seats that e answers: that of the message in ReplyTo, unless it is e's own, and those of the
// chain (see ChainOf).
func (e Event) repliedTo() []int {
	if e.ReplyTo == 0 || e.ReSeat == e.Seat {
		return e.Chain
	}
	return append(slices.Clip(e.Chain), e.ReSeat)
}

// ChainOf returns the seats for which an answer of c to answered is also meant: the seats that answered itself answers,
// and so on up. Without these, Ann's reply to Bob's answer does not reach Cid, whose words Bob has answered. Neither c
// nor the seat of answered is in the result, nor one that cannot read answered.
func (h *Head) ChainOf(c Caller, answered Event) []int {
	return slices.DeleteFunc(slices.Clone(answered.repliedTo()), func(seat int) bool {
		agent, here := h.Seated(seat)
		return !here || seat == c.Seat || seat == answered.Seat ||
			!agent.SeesMessage(answered.N, answered.Seat, answered.To)
	})
}

// SeesAnswered reports whether e answers an event that a may see. If a does not see the answered event, the answer
// counts for a as none.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && a.SeesTask(e.ReAdded) && a.SeesMessage(e.ReplyTo, e.ReSeat, e.ReFor)
}
