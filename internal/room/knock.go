package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// Limits on knocks: how often those outside may disturb a room.
const (
	KnockWindow = 10 * time.Minute // a name knocks once in it, and a knock can be answered so long
	MaxKnocks   = 6                // of one room in KnockWindow
	// VouchSilent is how long the agent that has a seat must have been silent before
	// another may be readmitted to it.
	VouchSilent = 60 * time.Second
)

// Knock is a join that was refused. If another agent had its name, the room may
// vouch that it is the same agent: then its pending token gets the seat.
type Knock struct {
	N         int64  `json:"n"` // its event
	AtMs      int64  `json:"at"`
	Key       string `json:"key"`               // of the name
	Seat      int    `json:"s,omitempty"`       // that has the name; 0 if none has
	Hash      string `json:"hash,omitempty"`    // HolderOf the pending token
	VouchedMs int64  `json:"vouched,omitempty"` // when an agent vouched for it
	ByAdmin   bool   `json:"admin,omitempty"`   // that agent was an admin
}

// knock returns the knock of an event.
func (e Event) knock() Knock {
	return Knock{N: e.N, AtMs: e.AtMs, Key: e.Key, Seat: e.Seat, Hash: e.Hash}
}

// recentKnocks returns a copy of list without those that are over.
func recentKnocks(list []Knock, now time.Time) []Knock {
	return slices.DeleteFunc(slices.Clone(list), func(k Knock) bool { return k.over(now) })
}

// over reports whether nothing can come of k any more.
func (k Knock) over(now time.Time) bool {
	return now.Sub(time.UnixMilli(max(k.AtMs, k.VouchedMs))) >= KnockWindow
}

// MayKnock reports whether the room would see that an agent of this name was
// refused. It sees each name once in ten minutes, and six in all.
func (h *Head) MayKnock(name ident.Name, now time.Time) bool {
	list := recentKnocks(h.Knocks, now)
	_, banned := FindBan(h.Bans, name.Shown)
	return !h.Closed && !h.Expired(now) && !banned && len(list) < MaxKnocks &&
		!slices.ContainsFunc(list, func(k Knock) bool { return k.Key == name.Key })
}

// PendingKnock returns the knock that left the pending token of a holder for a seat.
func (s *State) PendingKnock(seat int, holder string, now time.Time) (Knock, bool) {
	i := slices.IndexFunc(s.Knocks, func(k Knock) bool { return k.Seat == seat && k.Hash == holder && k.Hash != "" && !k.over(now) })
	if i < 0 {
		return Knock{}, false
	}
	return s.Knocks[i], true
}

// readmit records that an agent vouched for a knock, or lifts the mark of a seat.
func (s *State) readmit(e Event) {
	by, _ := s.Seated(e.By)
	if e.Knock == 0 {
		s.change(e.Seat, func(a *Agent) {
			a.ReplacedMs = 0
			s.Taken = withoutTaken(s.Taken, a.Key)
		})
		return
	}
	s.Knocks, s.Knocked = slices.Clone(s.Knocks), e.N
	for i := range s.Knocks {
		if k := &s.Knocks[i]; k.N == e.Knock {
			k.VouchedMs, k.ByAdmin = e.AtMs, s.mayVouch(by)
		}
	}
}

// wanted returns the agent whose seat k wants, if that agent still has it.
func (k Knock) wanted(s *State) (Agent, bool) {
	a, here := s.Seated(k.Seat)
	return a, here && a.Joined < k.N
}

// Vouch is an agent's word that the agent of a knock is the one whose seat it wants.
type Vouch struct {
	Knock int64     // the event
	Heard time.Time // when the agent that has the seat made its last call
}

// Decide returns the event that readmits the agent that knocked, and its name. The
// error is a *fault.Error.
func (v Vouch) Decide(h *Head, by Agent, now time.Time) (*Event, string, error) {
	i := slices.IndexFunc(h.Knocks, func(k Knock) bool { return k.N == v.Knock && !k.over(now) })
	if i < 0 || h.Knocks[i].Hash == "" {
		return nil, "", fault.Refuse(fault.InvalidArgument, "id must be that of a knock by an agent whose name was taken, at most ten minutes old. Nothing was changed.")
	}
	k := h.Knocks[i]
	old, here := k.wanted(&h.State)
	switch {
	case !here:
		return nil, "", fault.Refuse(fault.InvalidArgument, "The seat that this agent asked for is free by now, so it can join by itself. Nothing was changed.")
	case !h.mayVouch(by) && !h.IsOtherOfTwo(by, k.Seat):
		return nil, "", fault.Refuse(fault.NotAllowed, "Only an admin readmits an agent or, in a room that has been of two alone, the other one. Nothing was changed.")
	case k.VouchedMs != 0:
		return nil, old.Name, nil
	}
	if err := v.checkSilent(k, now); err != nil {
		return nil, "", err
	}
	return &Event{Type: Managed, Seat: old.Seat, Name: old.Name, Action: Readmit, Knock: k.N}, old.Name, nil
}

// IsOtherOfTwo reports whether a is the other one, for the agent of a seat, in a room that
// has been theirs alone: what was said there in private, a knows.
func (h *Head) IsOtherOfTwo(a Agent, seat int) bool {
	return h.Capacity == MinCapacity && h.NextSeat == 3 && a.Seat != seat
}

// mayVouch reports whether a may vouch for every agent, and for its role, as an admin.
func (s *State) mayVouch(a Agent) bool { return a.Role == Admin && !s.IsActing(a) }

// MayReadmit reports whether the agent of a seat can vouch for one that knocked.
func (h *Head) MayReadmit(seat int) bool {
	a, here := h.Seated(seat)
	return here && (h.mayVouch(a) || h.IsOtherOfTwo(a, 0))
}

// MayEnlarge reports whether a room is full and the agent of a seat can make room for one
// that knocked.
func (h *Head) MayEnlarge(seat int) bool {
	a, here := h.Seated(seat)
	return here && a.Role == Admin && len(h.Agents) >= h.Capacity && h.Capacity < MaxCapacity
}

// checkSilent refuses to give away the seat of an agent that is alive.
func (v Vouch) checkSilent(k Knock, now time.Time) error {
	switch {
	case v.Heard.After(time.UnixMilli(k.AtMs)):
		return fault.Refuse(fault.NotAllowed, "The agent that has this seat made a call after the other one knocked, so they are two. Nothing was changed.")
	case now.Sub(v.Heard) < VouchSilent:
		return fault.RetryLater(fault.NotAllowed, v.Heard.Add(VouchSilent).Sub(now), "The agent that has this seat was heard less than a minute ago. Nothing was changed: try again in %d seconds.", fault.Seconds(v.Heard.Add(VouchSilent).Sub(now)))
	}
	return nil
}

// Readmission returns the event that gives the seat of a knock that was vouched for
// to the holder of its pending token. heard is when the agent that has the seat made
// its last call. The error is a *fault.Error.
func (k Knock) Readmission(h *Head, heard, now time.Time) (*Event, error) {
	old, here := k.wanted(&h.State)
	switch {
	case !here:
		return nil, fault.Refuse(fault.Removed, "The seat of this name is free by now. Call join_room with room and agent_name.")
	case k.VouchedMs == 0:
		return nil, fault.RetryLater(fault.NameTaken, 15*time.Second, "The room has seen that you want your seat back, and nobody has vouched for you yet: an admin or, where two talk, the other one can, with manage_agent readmit. Repeat this call in 15 seconds, for up to ten minutes.")
	case heard.After(time.UnixMilli(k.AtMs)):
		return nil, fault.Refuse(fault.NameTaken, "The agent that has this name has made a call since you asked for its seat, so it is not you. Call join_room with another agent_name.")
	}
	a := old.regained(k.Hash, now)
	a.RegainedMs, a.Person = old.RegainedMs, old.Person.endedBy(h.AsOf+1)
	a = a.HeldBy(k.Hash)
	if !k.ByAdmin {
		a.Role = Member
	}
	return &Event{Type: Joined, Seat: a.Seat, Name: a.Name, Agent: &a, Regains: true, Reason: ReasonReturned}, nil
}

// regained returns a in the hands of a holder, and of no other.
func (a Agent) regained(holder string, now time.Time) Agent {
	a.EndedHash, a.AtMs, a.RegainedMs = a.Hash, now.UnixMilli(), now.UnixMilli()
	if a.IsAlone() {
		a.EndedHash, a.Person.Devices = a.Person.Devices[len(a.Person.Devices)-1], nil
	}
	return a.HeldBy(holder)
}
