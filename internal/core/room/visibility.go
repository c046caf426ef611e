package room

import "slices"

// CanSee reports whether a may see what the agent of seat did for those in to. An
// empty to means everybody.
func (a Agent) CanSee(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// IsFor reports whether e was done for all, or for a.
func (a Agent) IsFor(e Event) bool { return a.CanSee(e.Seat, e.To) }

// SeesMessage reports whether a sees message n of the agent of seat to those in to: the message is for all, or for a,
// and a was here.
func (a Agent) SeesMessage(n int64, seat int, to []int) bool {
	return n >= a.Since.N && a.CanSee(seat, to)
}

// IsNote reports whether e is between the agent of e.Seat and the person behind it, and
// nothing to the room.
func (e Event) IsNote() bool {
	return e.isToItself() && (e.Type != Said || e.Person && e.Kind == "" && e.Withdraws == 0)
}

// isToItself reports whether only the agent of e.Seat and the person behind it see e.
func (e Event) isToItself() bool { return len(e.To) == 1 && e.To[0] == e.Seat }

// did reports whether a caused e, or the person behind it did.
func (a Agent) did(e Event) bool { return e.Actor() == a.Seat }

// Sees reports whether e is part of the room's history for c. The removal of a text is visible to
// those who see the message and to nobody else: others must not learn that a private message was
// there.
func (c Caller) Sees(e Event) bool {
	if e.Redacts != 0 && e.Redacts < c.Since.N { // e has the seat and the readers of that message
		return false
	}
	if e.Task != nil && !c.SeesTask(e.Task.Added) {
		return false
	}
	if e.Type == SupervisionSet && !c.hears(e.Reason) || e.isOfWebhook() && !c.IsPerson() {
		return false
	}
	return e.Type != Retired && c.IsFor(e) && e.N >= c.Since.N
}

// hears reports whether c is told why the person behind the seat has changed something. Changes of
// links are told to the person only.
func (c Caller) hears(why Reason) bool {
	return why != "" && (c.IsPerson() || why != ReasonOpened && why != ReasonTwice)
}

// Receives reports whether c is shown e as news: c sees e, and e is neither the join of the caller's
// seat nor from before its time.
func (c Caller) Receives(e Event) bool {
	return c.Sees(e) && !(e.Type == Joined && e.Seat == c.Seat)
}

// IsNews reports whether c is shown e and did not cause it. For an agent, what its person does is
// news, too. See IsToldOfOwnDeeds for a person.
func (c Caller) IsNews(e Event) bool {
	return c.Receives(e) && (c.IsToldOfOwnDeeds() || e.isOfPerson() || !c.did(e))
}

// isOfPerson reports whether the person behind e.Seat did e, or let its agent say it.
func (e Event) isOfPerson() bool { return e.Person || e.Decides != 0 }

// AgreedIn returns the proposals that e completes and a may see.
func (a Agent) AgreedIn(e Event) (agreed []int64) {
	for i, n := range e.Agreed {
		hidden := i < len(e.AgreedTo) && len(e.AgreedTo[i]) > 0
		if n >= a.Since.N && (!hidden || slices.Contains(e.AgreedTo[i], a.Seat)) {
			agreed = append(agreed, n)
		}
	}
	return agreed
}

// OpenHistory reports whether newcomers see what was said to the former owners of their seats: in
// a room with a password, and in a public one.
func (s *State) OpenHistory() bool { return s.Password != "" || s.Public }

// VisibleFrom returns the first event visible to an agent that joins after event AsOf and takes a
// free seat. It sees everything since the access to the room last changed and, without
// OpenHistory, since a seat was last freed. So opening words wait for the newcomer, and the talk
// of an earlier pair stays hidden.
func (s *State) VisibleFrom() Mark {
	from := Mark{N: 1}
	if s.OpenFrom.N > from.N {
		from = s.OpenFrom
	}
	if !s.OpenHistory() && s.LastFreed.N >= from.N {
		from = Mark{s.LastFreed.N + 1, s.LastFreed.Messages}
	}
	return from
}

// FromNext returns the first event visible to an agent that takes another's seat in the two
// events after AsOf.
func (s *State) FromNext() Mark { return Mark{s.AsOf + 2, s.Messages} }
