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
)

// PresentFor is how long after its last call an agent that does not wait counts as present.
const PresentFor = 2 * time.Minute

// Presence is the stored form of what an agent is doing. Others see it as it is, so they may guess
// from it that the agent speaks in private. Its item expires with the agent's lease, so the table
// itself decides whether a lease has ended: a seat is given to another agent only if the item is
// absent.
type Presence struct {
	V       int   `json:"v"`
	AtMs    int64 `json:"at"`              // the last call, of the agent or of a program on standby for it
	OwnMs   int64 `json:"own,omitempty"`   // the agent's own last call
	Used    bool  `json:"used,omitempty"`  // the token was used since the join
	UntilMs int64 `json:"until,omitempty"` // the end of the wait
	WaitMs  int64 `json:"wait,omitempty"`  // when the agent's youngest wait began
	ShellMs int64 `json:"shell,omitempty"` // and the youngest one of a program on standby
	WakesMs int64 `json:"wakes,omitempty"` // the last call of a program that wakes the agent
	Head    int64 `json:"head,omitempty"`  // the last event when the wait began, or past which it went on
	Standby bool  `json:"by,omitempty"`    // a program waits for the agent
	ForMe   bool  `json:"me,omitempty"`    // only messages meant for the agent wake it
	BackMs  int64 `json:"back,omitempty"`  // the announced return
	Read    int64 `json:"read,omitempty"`  // the last event that the agent was handed

	// From items of their own: when a hook of the seat was last refreshed, or last woke the agent.
	HookedMs int64 `json:"-"`

	// From an item of its own: what the agent says it is doing, and the last event when it said
	// so.
	Activity   string `json:"-"`
	ActiveAsOf int64  `json:"-"`
}

// A wait may be long, and its process may end without a word. So others see it announced
// for some minutes at a time, and again before that is over.
const (
	AnnounceWait  = 290 * time.Second
	AnnounceAgain = AnnounceWait - 30*time.Second
)

// Announced returns the end that others see at the time now of a wait until then.
func Announced(now, until time.Time) time.Time { return Earliest(until, now.Add(AnnounceWait)) }

// Younger returns p with what it and other know of the youngest waits, and of a program on standby.
func (p Presence) Younger(other Presence) Presence {
	p.WaitMs, p.ShellMs = max(p.WaitMs, other.WaitMs), max(p.ShellMs, other.ShellMs)
	p.WakesMs = max(p.WakesMs, other.WakesMs)
	return p
}

// Supersedes reports whether a wait is younger than one that began at the time began,
// and ends it. A program on standby ends no wait of its agent.
func (p Presence) Supersedes(began time.Time, standby bool) bool {
	return p.WaitMs > began.UnixMilli() || standby && p.ShellMs > began.UnixMilli()
}

// OwnUntil returns when the agent's own silence begins: at its last call, or at the
// end of its wait.
func (p Presence) OwnUntil() time.Time {
	if p.Standby {
		return p.OwnCall()
	}
	return Latest(p.OwnCall(), p.WaitsUntil())
}

// OwnCall returns the time of the agent's own last call.
func (p Presence) OwnCall() time.Time {
	if p.Standby {
		return time.UnixMilli(p.OwnMs)
	}
	return time.UnixMilli(max(p.OwnMs, p.AtMs))
}

// At returns the time of the last call.
func (p Presence) At() time.Time { return time.UnixMilli(p.AtMs) }

// WaitsUntil returns the end of the wait.
func (p Presence) WaitsUntil() time.Time { return time.UnixMilli(p.UntilMs) }

// BackAt returns the announced return.
func (p Presence) BackAt() time.Time { return time.UnixMilli(p.BackMs) }

// SilentFrom returns when the agent's silence begins.
func (p Presence) SilentFrom() time.Time { return Latest(p.At(), p.WaitsUntil(), p.BackAt()) }

// LeaseEnd returns when an agent with this role and presence may lose its seat, unless a hook keeps it (see
// Agent.HookedUntil). The end of a lease alone takes no seat away: somebody has to want it.
func (p Presence) LeaseEnd(role Role) time.Time {
	switch {
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

// Latest returns the latest of one or more times.
func Latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// Earliest returns the earliest of one or more times.
func Earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
