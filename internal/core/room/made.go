package room

import (
	"slices"
	"time"
)

// How the room knows a repeated call. talk: said again.
const (
	RepeatWindow = 10 * time.Minute // how long after the call
	KeptCalls    = 8                // among how many of the last calls of the seat
)

// removedCall stands in the place of a digest whose words were removed. No call has it.
const removedCall = "-"

// withoutDigest returns what stands in the place of the digest of a call whose words are gone: the call still counts.
func withoutDigest(call string) string {
	if call == "" {
		return ""
	}
	return removedCall
}

// Made is a call of a seat that wrote something.
type Made struct {
	N, AtMs int64  // the event that it wrote
	Call    string // see Event.Call
	Draft   bool   // the event is a draft
	As      int64  // of a draft: the message that it became; 0: none yet
}

// madeBy are the last calls of an agent, or of the person behind it, oldest first.
type madeBy struct {
	seat   int
	person bool
	calls  []Made
}

// Made returns the last calls of a caller that wrote something, oldest first, as far as the index covers.
func (r *Recent) Made(c Caller) []Made {
	for i := range r.made {
		if r.made[i].seat == c.Seat && r.made[i].person == c.IsPerson() {
			return r.made[i].calls
		}
	}
	return nil
}

// IsOfOther reports whether e was made by another call than one with this digest, as far as e still tells.
func (e Event) IsOfOther(call string) bool {
	return e.Call != "" && e.Call != removedCall && e.Call != call
}

// IsSince reports whether m was made less than RepeatWindow before now.
func (m Made) IsSince(now time.Time) bool { return now.Sub(time.UnixMilli(m.AtMs)) < RepeatWindow }

// made returns the call that wrote e, if a repetition of it is known by its digest: a vote and a withdrawal are taken
// once, and a person repeats a message by its key.
func (e Event) made() (m Made, ok bool) {
	m = Made{N: e.N, AtMs: e.AtMs, Call: e.Call, Draft: e.Type == Drafted}
	byKey := e.Type == Said && (e.Decides != 0 || e.Person || e.HasReadersOfAnother())
	return m, m.Call != "" && !byKey
}

// addMade indexes what the next event says of calls. r is a copy with shared slices.
func (r *Recent) addMade(e Event) {
	if m, ok := e.made(); ok {
		calls := r.callsFor(e)
		*calls = append(slices.Clone((*calls)[max(0, len(*calls)+1-KeptCalls):]), m)
		return
	}
	as, isDecided := e.sentAs()
	if !isDecided && e.Redacts == 0 && !e.RedactsTask() {
		return
	}
	r.made = slices.Clone(r.made)
	for i := range r.made {
		calls := slices.Clone(r.made[i].calls)
		for j := range calls {
			switch m := &calls[j]; {
			case isDecided && m.N == as.N:
				m.As = as.As
			case e.Redacts != 0 && (m.N == e.Redacts || m.N == e.Erases), e.RedactsTask() && m.N == e.Task.Added:
				m.Call = removedCall
			}
		}
		r.made[i].calls = calls
	}
}

// prependMade is addMade for the event right before the index.
func (r *Recent) prependMade(e Event) {
	if as, ok := e.sentAs(); ok {
		r.decided = append(slices.Clip(r.decided), as)
	}
	m, ok := e.made()
	if !ok {
		return
	}
	if i := slices.IndexFunc(r.decided, func(as Made) bool { return as.N == m.N }); i >= 0 {
		m.As = r.decided[i].As
	}
	if calls := r.callsFor(e); len(*calls) < KeptCalls {
		*calls = append([]Made{m}, *calls...)
	}
}

// sentAs returns the draft that the person sends by e, and the message that it became.
func (e Event) sentAs() (as Made, ok bool) {
	return Made{N: e.Decides, As: e.N}, e.Type == Said && e.Decides != 0
}

// callsFor returns where the calls of the caller of e are. r is a copy with shared slices.
func (r *Recent) callsFor(e Event) *[]Made {
	r.made = slices.Clone(r.made)
	i := slices.IndexFunc(r.made, func(by madeBy) bool { return by.seat == e.Seat && by.person == e.Person })
	if i < 0 {
		i = len(r.made)
		r.made = append(r.made, madeBy{seat: e.Seat, person: e.Person})
	}
	return &r.made[i].calls
}
