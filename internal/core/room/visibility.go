package room

import "slices"

// CanSee reports whether a may see an act of the agent of seat for the seats in to. An empty to means
// everybody.
func (a Agent) CanSee(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// IsFor reports whether e was done for all, or for a.
func (a Agent) IsFor(e Event) bool { return a.CanSee(e.Seat, e.To) }

// SeesMessage reports whether a sees message n of the agent of seat to the seats in to: a was here, and the
// message is for a or for all.
func (a Agent) SeesMessage(n int64, seat int, to []int) bool {
	return n >= a.Since.N && a.CanSee(seat, to)
}

// IsNote reports whether e is between the agent of e.Seat and the person behind the agent, and nothing to the
// room.
func (e Event) IsNote() bool {
	return e.isToItself() && (e.Type != Said || e.Person && e.Kind == "" && e.Withdraws == 0)
}

// isToItself reports whether only the agent of e.Seat and the person behind it see e.
func (e Event) isToItself() bool { return len(e.To) == 1 && e.To[0] == e.Seat }

// did reports whether a or the person behind a caused e.
func (a Agent) did(e Event) bool { return e.Actor() == a.Seat }

// Sees reports whether event is part of the room's history for c. Every tool, count and cursor asks Sees: otherwise
// Carol would read event 7, a private message from Ann to Bob. The removal of a text is visible to the readers
// of the message alone: Carol must not learn that event 7 exists.
func (c Caller) Sees(event Event) bool {
	if event.Redacts != 0 && event.Redacts < c.Since.N { // event has the seat and the readers of the message
		return false
	}
	if event.Task != nil && !c.SeesTask(event.Task.Added) {
		return false
	}
	if event.Type == SupervisionSet && event.Reason == "" || event.isForPersonAlone() && !c.IsPerson() {
		return false
	}
	return event.Type != Retired && c.IsFor(event) && event.N >= c.Since.N
}

// isForPersonAlone reports whether e is kept from the agent of its seat: a hook of the person begins or ends, or a
// device opens a link.
func (e Event) isForPersonAlone() bool {
	return e.Hook != nil && e.Hook.Form.IsOfPerson() || e.Reason == ReasonOpened || e.Reason == ReasonTwice
}

// Receives reports whether c is shown e as news: c sees e, and e is not the join of the caller's seat.
func (c Caller) Receives(e Event) bool {
	return c.Sees(e) && !(e.Type == Joined && e.Seat == c.Seat)
}

// IsNews reports whether c is shown e and did not cause e. For an agent, acts of its person are news, too. See
// IsToldOfOwnDeeds for a person.
func (c Caller) IsNews(e Event) bool {
	return c.Receives(e) && (c.IsToldOfOwnDeeds() || e.isOfPerson() || !c.did(e))
}

// isOfPerson reports whether e is an act of the person behind e.Seat, or words that the person let the agent
// say.
func (e Event) isOfPerson() bool { return e.Person || e.Decides != 0 }

// AgreedIn returns the proposals, visible to a, that event completes.
func (a Agent) AgreedIn(event Event) (agreed []int64) {
	for i, n := range event.Agreed {
		hidden := i < len(event.AgreedTo) && len(event.AgreedTo[i]) > 0
		if n >= a.Since.N && (!hidden || slices.Contains(event.AgreedTo[i], a.Seat)) {
			agreed = append(agreed, n)
		}
	}
	return agreed
}

// OpenHistory reports whether newcomers see the words to former owners of their seats: in a room with a
// password, and in a public room.
func (s *State) OpenHistory() bool { return s.Password != "" || s.Public }

// VisibleFrom returns the first event visible to an agent that joins after event AsOf and takes a free seat:
// everything since the access to the room last changed and, without OpenHistory, since a seat was last freed.
// So opening words wait for the newcomer, and the talk of an earlier pair stays hidden.
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

// FromNext returns the first event visible to an agent that takes another's seat by the two events after AsOf.
func (s *State) FromNext() Mark { return Mark{s.AsOf + 2, s.Messages} }
