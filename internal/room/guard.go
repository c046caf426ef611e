package room

import "slices"

// Hold says how far an unread message holds back what an agent is about to send.
type Hold int

// The degrees. A message that never holds a send back comes with its result.
const (
	HoldsNever  Hold = iota
	HoldsSoftly      // at most twice in a row, and not an answer to an open request
	HoldsFirmly      // once and always: it is meant for the sender
)

// HoldOf returns how far e, which a has not read, holds back the message said of a, in a
// room of so many agents. The join of an agent to which a says it in private does: that may
// have the name of another that a knows. Else other events than messages, messages of kind
// Status, and those that a may not see never do.
func (a Agent) HoldOf(e Event, agents int, said Event) Hold {
	switch {
	case e.Type == Joined && !e.Regains && slices.Contains(said.To, e.Seat) && a.IsNews(e):
		return HoldsFirmly
	case e.Type != Said || e.Kind == Status || !a.IsNews(e):
		return HoldsNever
	case a.isMeant(e), e.Withdraws != 0 && e.Withdraws == said.ReplyTo:
		return HoldsFirmly
	case agents <= 2:
		return HoldsSoftly
	case e.Kind != Plain && e.Kind != "" && e.Kind != Request && e.Kind != Proposal:
		return HoldsNever
	case len(e.Ask) > 0 || a.SeesAnswered(e):
		return HoldsNever
	}
	return HoldsSoftly
}

// SeesAnswered reports whether e answers something that a may see. What answers
// something hidden is no answer to a.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && e.ReplyTo >= a.Since.N && a.IsFor(Event{N: e.ReplyTo, Seat: e.ReSeat, To: e.ReFor})
}

// isMeant reports whether e, which a sees, is private to a, asks it, names it, answers it
// or is what the person behind a says or lets it say. What was said before its join, another said that
// had its number.
func (a Agent) isMeant(e Event) bool {
	if e.ReplyTo < a.Joined {
		e.ReSeat = e.Seat
	}
	if e.N < a.Joined {
		e.Person, e.Decides = false, 0
	}
	return len(e.To) > 0 || slices.Contains(e.meant(), a.Seat)
}

// meant returns the seats that e is meant for in particular. What a person says, or lets
// its agent say, is meant for that agent, whoever else sees it.
func (e Event) meant() []int {
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
