package room

import "slices"

// HoldBack says how an unread message holds back what an agent is about to send.
type HoldBack int

// The degrees. A message that does not hold a send back comes with its result.
const (
	HoldBackNever  HoldBack = iota
	HoldBackOnce            // not what is sent with the cursor that a hold has returned
	HoldBackAlways          // it is meant for the sender
)

// HoldBackOf returns how e, which c has not read, holds back the message said of c. A text must not
// pass over something that may change it.
//
// A message always holds if it is meant for c (see isMeantFor), or withdraws the one that said
// answers. So does the join of an agent to which c writes in private: it may have the name of
// another that c knows. Other messages hold once, but not one that finishes tasks: what was done
// does not change by what others say, and a list that lags costs them work. A message of kind
// Status never holds, one of kind Agree only its proposer, but whatever comes from the person
// behind c does: a vote of theirs is its vote. Other events, and what c may not see, never hold.
func (c Caller) HoldBackOf(e, said Event) HoldBack {
	switch {
	case e.Type == Joined && !e.Regains && slices.Contains(said.To, e.Seat) && c.IsNews(e):
		return HoldBackAlways
	case e.Type != Said || !c.IsNews(e):
		return HoldBackNever

	// Only messages that are news to c are left.
	case e.isOfPerson() && e.Seat == c.Seat:
		return HoldBackAlways
	case e.Kind == Status:
		return HoldBackNever
	case e.Kind == Agree && e.ReSeat != c.Seat:
		return HoldBackNever
	case e.isMeantFor(c.Seat), e.Withdraws != 0 && e.Withdraws == said.ReplyTo:
		return HoldBackAlways
	case len(said.Finishes) > 0:
		return HoldBackNever
	}
	return HoldBackOnce
}

// SeesAnswered reports whether e answers something that a may see. For a, an answer to something
// hidden is no answer.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && a.SeesTask(e.ReAdded) && a.SeesMessage(e.ReplyTo, e.ReSeat, e.ReFor)
}

// isMeantFor reports whether e, which the agent of a seat sees, is meant for that agent: e is private to the agent,
// asks, names or answers it, or comes from its person or with the consent of its person.
func (e Event) isMeantFor(seat int) bool {
	return len(e.To) > 0 || slices.Contains(e.seatsMeant(), seat)
}

// ArrivedSince reports whether one of seats has an agent that joined after event n. Its name may be
// one that another had before: see HoldBackOf.
func (s *State) ArrivedSince(n int64, seats []int) bool {
	for _, seat := range seats {
		if a, here := s.Seated(seat); here && a.Joined > n {
			return true
		}
	}
	return false
}

// seatsMeant returns the seats that e is meant for in particular. The words of a person, and those
// that a person lets its agent say, are meant for that agent, whoever else sees them.
func (e Event) seatsMeant() []int {
	seats := slices.Clone(e.To)
	if len(e.To) == 0 {
		seats = slices.Concat(e.Ask, e.Named)
		if e.ReplyTo != 0 && e.ReSeat != e.Seat {
			seats = append(seats, e.ReSeat)
		}
	}
	if e.isOfPerson() {
		seats = append(seats, e.Seat)
	}
	return seats
}
