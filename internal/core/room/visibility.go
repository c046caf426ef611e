package room

import "slices"

// CanSee reports whether a may see what the agent of seat did for those in to. An
// empty to means everybody.
func (a Agent) CanSee(seat int, to []int) bool {
	return len(to) == 0 || seat == a.Seat || slices.Contains(to, a.Seat)
}

// IsFor reports whether e was done for all, or for a.
func (a Agent) IsFor(e Event) bool { return a.CanSee(e.Seat, e.To) }

// IsNote reports whether e is between the agent of e.Seat and the person behind it, and
// nothing to the room.
func (e Event) IsNote() bool {
	return e.isToItself() && (e.Type != Said || e.Person && e.Kind == "" && e.Withdraws == 0)
}

// isToItself reports whether only the agent of e.Seat and the person behind it see e.
func (e Event) isToItself() bool { return len(e.To) == 1 && e.To[0] == e.Seat }

// did reports whether a caused e, or the person behind it did.
func (a Agent) did(e Event) bool { return e.Actor() == a.Seat }

// Sees reports whether e is part of the room's history for a. The removal of a text is visible to
// those who see the message and to nobody else: others must not learn that a private message was
// there.
func (a Agent) Sees(e Event) bool {
	if e.Redacts != 0 && !a.Sees(e.redacted()) {
		return false
	}
	if e.Task != nil && !a.SeesTask(e.Task.Added) {
		return false
	}
	if e.Type == SupervisionSet && !a.hears(e.Reason) || e.isOfWebhook() && !a.IsPerson() {
		return false
	}
	return e.Type != Retired && a.IsFor(e) && e.N >= a.Since.N
}

// hears reports whether a is told why the person behind it has changed something. Changes of
// links are told to the person only.
func (a Agent) hears(why Reason) bool {
	return why != "" && (a.IsPerson() || why != ReasonOpened && why != ReasonTwice)
}

// Receives reports whether a is shown e as news: a sees it, and it is neither a's own
// join nor from before its time.
func (a Agent) Receives(e Event) bool {
	return e.N >= a.Since.N && a.Sees(e) && !(e.Type == Joined && e.Seat == a.Seat)
}

// IsNews reports whether a is shown e and did not cause it. For an agent, what its person does is
// news. For a person everything is, since it may have been done on another device.
func (a Agent) IsNews(e Event) bool {
	return a.Receives(e) && (a.IsPerson() || e.isOfPerson() || !a.did(e))
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
