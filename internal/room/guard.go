package room

import "slices"

// Hold says how far an unread message holds back what an agent is about to send.
type Hold int

// The degrees. A message that never holds a send back comes with its result.
const (
	HoldsNever  Hold = iota
	HoldsOnce        // at most once in a row
	HoldsSoftly      // at most twice in a row, and not an answer to an open request
	HoldsFirmly      // once and always: it is meant for the sender
)

// smallRoom is how many agents at most follow all that is said to all.
const smallRoom = 6

// HoldOf returns how far e, which a has not read, holds back the message said of a, in a room of
// so many agents. A text must not pass over something that may change it, but each hold costs a
// call: in trials, holding back for more lost a third of them.
//
// A message holds firmly if it is meant for a (see isMeant), or withdraws the one that said
// answers. The join of an agent to which a writes in private holds firmly, too: it may have the
// name of another that a knows. Every other message holds softly in a room of two. In a room of
// three to six it holds once: there, agents divide work among them, and what one of them asks or
// answers another is often what a was about to say. In a larger room those hold softly that neither
// ask somebody nor reply to something that a sees. Messages of kind Status, other events, and
// events hidden from a never hold. A report that finishes tasks is held firmly or not at all: what was
// done does not change by what others say, and a list that lags costs them work.
func (a Agent) HoldOf(e Event, agents int, said Event) Hold {
	switch {
	case e.Type == Joined && !e.Regains && slices.Contains(said.To, e.Seat) && a.IsNews(e):
		return HoldsFirmly
	case e.Type != Said || e.Kind == Status || !a.IsNews(e):
		return HoldsNever
	case a.isMeant(e), e.Withdraws != 0 && e.Withdraws == said.ReplyTo:
		return HoldsFirmly
	case len(said.Finishes) > 0:
		return HoldsNever
	case agents <= 2:
		return HoldsSoftly
	case agents <= smallRoom:
		return HoldsOnce
	case e.Kind != Plain && e.Kind != "" && e.Kind != Request && e.Kind != Proposal:
		return HoldsNever
	case len(e.Ask) > 0 || a.SeesAnswered(e):
		return HoldsNever
	}
	return HoldsSoftly
}

// SeesAnswered reports whether e answers something that a may see. For a, an answer to something
// hidden is no answer.
func (a Agent) SeesAnswered(e Event) bool {
	return e.ReplyTo != 0 && e.ReplyTo >= a.Since.N && a.SeesTask(e.ReAdded) &&
		a.IsFor(Event{N: e.ReplyTo, Seat: e.ReSeat, To: e.ReFor})
}

// isMeant reports whether e, which a sees, is meant for a: it is private to a, asks, names or
// answers it, or comes from the person behind a or with that person's consent. Events before
// a.Joined were meant for an earlier holder of the seat number.
func (a Agent) isMeant(e Event) bool {
	if e.ReplyTo < a.Joined {
		e.ReSeat = e.Seat
	}
	if e.N < a.Joined {
		e.Person, e.Decides = false, 0
	}
	return len(e.To) > 0 || slices.Contains(e.meant(), a.Seat)
}

// meant returns the seats that e is meant for in particular. The words of a person, and those
// that a person lets its agent say, are meant for that agent, whoever else sees them.
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
