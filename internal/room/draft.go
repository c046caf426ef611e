package room

import "time"

// DraftLife is how long a person may take to decide about a draft.
const DraftLife = 24 * time.Hour

// Open returns the drafts about which p has yet to decide, oldest first.
func (p Person) Open(now time.Time) []Draft {
	return draftsBut(p.Drafts, func(d Draft) bool { return now.Sub(time.UnixMilli(d.AtMs)) >= DraftLife })
}

// draftsBut returns drafts but those that are over; nil for none. drafts is unchanged.
func draftsBut(drafts []Draft, over func(Draft) bool) (left []Draft) {
	for _, d := range drafts {
		if !over(d) {
			left = append(left, d)
		}
	}
	return left
}

// WithoutDraft returns p without the draft of event n.
func (p Person) WithoutDraft(n int64) Person {
	p.Drafts = draftsBut(p.Drafts, func(d Draft) bool { return d.N == n })
	return p
}

// Holds reports whether p decides about what the agent says, or lets it say nothing.
func (p Person) Holds() bool { return p.Paused || p.Approve }

// IsHeld reports whether a cannot speak before its person does something: it is paused, or
// has a draft that waits.
func (a Agent) IsHeld(now time.Time) bool { return a.Person.Paused || len(a.Person.Open(now)) > 0 }

// keepDraft adds the draft of e, and drops those that have waited for too long.
func keepDraft(s *State, e Event) {
	change(s, e.Seat, func(a *Agent) {
		a.Person.Drafts = append(a.Person.Open(e.At()), Draft{N: e.N, AtMs: e.AtMs, Fingerprint: Fingerprint(*e.Draft)})
	})
}

// runAfter returns State.Run after e. What not everybody sees does not count: others could
// tell that it was sent.
func runAfter(s *State, e Event) int {
	switch {
	case e.Type != Said || hidesFromSome(s, e):
		return s.Run
	case e.Person:
		return 0
	}
	return s.Run + 1
}
