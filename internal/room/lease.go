package room

import (
	"slices"
	"time"
)

// How long a seat is safe after its agent's last call, the end of its wait or
// its announced return, whichever is latest.
const (
	Lease       = 15 * time.Minute
	AdminLease  = 24 * time.Hour   // of an admin
	UnusedLease = 90 * time.Second // of an agent whose token was never used

	// Agents that a queue paired wait for a stranger, and not for long.
	PairLease     = 5*time.Minute + PairRefresh
	PairAwayLease = 10*time.Minute + PairRefresh // counts from the last call or the end of the wait
	// PairRefresh is how far behind a stored presence may be in a paired room. The
	// leases include it, so that nobody loses a seat too soon.
	PairRefresh = 15 * time.Second
)

// How long a silent agent keeps its name when the same name joins again.
const (
	GhostUnused = 20 * time.Second // its token was never used: the reply of its join was lost
	GhostSilent = 2 * time.Minute
)

// Presence is the stored form of what an agent is doing. Its item expires with
// the agent's lease. A seat is given to another agent only if the item is absent.
type Presence struct {
	V       int   `json:"v"`
	AtMs    int64 `json:"at"`              // the last call
	Used    bool  `json:"used,omitempty"`  // the token was used since the join
	UntilMs int64 `json:"until,omitempty"` // the end of the wait
	Head    int64 `json:"head,omitempty"`  // the last event when the wait began
	Standby bool  `json:"by,omitempty"`    // a program waits for the agent
	ForMe   bool  `json:"me,omitempty"`    // only messages meant for the agent wake it
	BackMs  int64 `json:"back,omitempty"`  // the announced return

	Activity string `json:"-"` // stored in an item of its own
}

// At returns the time of the last call.
func (p Presence) At() time.Time { return time.UnixMilli(p.AtMs) }

// WaitsUntil returns the end of the wait.
func (p Presence) WaitsUntil() time.Time { return time.UnixMilli(p.UntilMs) }

// BackAt returns the announced return.
func (p Presence) BackAt() time.Time { return time.UnixMilli(p.BackMs) }

// SilentFrom returns when the agent's silence begins.
func (p Presence) SilentFrom() time.Time { return Latest(p.At(), p.WaitsUntil(), p.BackAt()) }

// LeaseEnd returns when an agent with this role and presence may lose its seat.
func (s Settings) LeaseEnd(role Role, p Presence) time.Time {
	switch {
	case s.Paired:
		called := Latest(p.At(), p.WaitsUntil())
		return Earliest(p.SilentFrom().Add(PairLease), called.Add(PairAwayLease))
	case role == Admin:
		return p.SilentFrom().Add(AdminLease)
	case !p.Used:
		return p.SilentFrom().Add(UnusedLease)
	}
	return p.SilentFrom().Add(Lease)
}

// CeilSecond rounds up to whole seconds, the grain of an item's expiry.
func CeilSecond(t time.Time) time.Time {
	return t.Add(time.Second - 1).Truncate(time.Second)
}

// Latest returns the latest of times, of which there is at least one.
func Latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// Earliest returns the earliest of times, of which there is at least one.
func Earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
