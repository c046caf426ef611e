package room

import (
	"slices"
	"time"
)

// How long a seat is safe after its agent's last call, end of wait or announced return, whichever is latest.
const (
	Lease       = 15 * time.Minute
	AdminLease  = 24 * time.Hour   // of an admin
	UnusedLease = 5 * time.Minute  // of an agent that has not used its token yet
	GuestLease  = 90 * time.Second // of such an agent that came by an invite alone
)

// Presence is the stored form of what an agent is doing. Others see all of it, so they may guess that the agent speaks
// in private. The item expires with the agent's lease, so the table itself decides whether a lease has ended: another
// agent gets the seat only if the item is absent.
type Presence struct {
	V        int   `json:"v"`
	AtMs     int64 `json:"at"`              // the last call, of the agent or of a program on standby for it
	OwnMs    int64 `json:"own,omitempty"`   // the agent's own last call
	Used     bool  `json:"used,omitempty"`  // the token was used since the join
	UntilMs  int64 `json:"until,omitempty"` // the end of the wait
	WaitMs   int64 `json:"wait,omitempty"`  // when the agent's youngest wait began
	ShellMs  int64 `json:"shell,omitempty"` // when the youngest wait of a program on standby began
	WakesMs  int64 `json:"wakes,omitempty"` // the last call of a program that wakes the agent
	WaitFrom int64 `json:"head,omitempty"`  // the last event when the wait began or last went on
	Standby  bool  `json:"by,omitempty"`    // a program waits for the agent
	ForMe    bool  `json:"me,omitempty"`    // only messages meant for the agent wake the agent
	BackMs   int64 `json:"back,omitempty"`  // the announced return
	Read     int64 `json:"read,omitempty"`  // the last event handed out to the agent

	// From separate items: when a hook of the seat was last refreshed, or last woke the agent.
	HookedMs int64 `json:"-"`

	// From a separate item: the agent's words about its work, and the last event at the time.
	Activity   string `json:"-"`
	ActiveAsOf int64  `json:"-"`
}

// A wait may be long, and its process may end without a word. So the process announces a wait for some minutes at a
// time, and again before the announced end.
const (
	AnnounceWait  = 290 * time.Second
	AnnounceAgain = AnnounceWait - 30*time.Second
)

// Announced returns the end that others see, at now, of a wait that lasts to until.
func Announced(now, until time.Time) time.Time { return Earliest(until, now.Add(AnnounceWait)) }

// Supersedes reports whether a younger wait in p ends the wait that began at began: the wait of a program on standby,
// or of the agent itself. A program on standby never ends the wait of its agent.
func (p Presence) Supersedes(began time.Time, standby bool) bool {
	return p.WaitMs > began.UnixMilli() || standby && p.ShellMs > began.UnixMilli()
}

// OwnUntil returns when the agent's own silence begins: at its last call or the end of its wait.
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

// LeaseEnd returns when agent, whose presence is p, may lose its seat, unless a hook keeps the seat (see
// Agent.HookedUntil). The end of a lease alone takes no seat away: somebody has to want the seat.
func (p Presence) LeaseEnd(agent Agent) time.Time {
	if p.Used && agent.Role != Admin {
		return p.SilentFrom().Add(Lease)
	}
	return p.SilentFrom().Add(agent.FirstLease())
}

// FirstLease returns how long the seat of a is safe until a uses its token. An agent may read, and ask its user, for
// minutes before its first call. An agent that came by an invite alone has less: callers without a key could otherwise
// keep a room full by joins alone.
func (a Agent) FirstLease() time.Duration {
	switch {
	case a.Role == Admin:
		return AdminLease
	case a.IsInviteOnly():
		return GuestLease
	}
	return UnusedLease
}

// Liveness is when the agents of a room were last heard, from what is stored beside the log. The zero value knows what
// the head knows, such as messages.
type Liveness struct {
	Presence  map[int]Presence  // by seat; nil if not read
	LeaseEnds map[int]time.Time // by seat: the end of a lease that was renewed after Presence was read
}

// LastHeard returns when agent itself made its last known call or, if agent waits, when the wait ends;
// and whether the token was ever used.
func (l Liveness) LastHeard(head *Head, agent Agent) (last time.Time, used bool) {
	p := l.Presence[agent.Seat].Of(agent) // zero if the lease has ended, or if the agent joined later
	u, spoke := head.Recent.Said(agent.Seat)
	return Latest(time.UnixMilli(agent.AtMs), p.OwnUntil(), u.Heard), spoke || p.Used
}

// LeaseEnd returns when the seat of agent may be taken, and when agent made its last known call. A hook keeps the seat
// of an agent that makes no call, since news calls the hook.
func (l Liveness) LeaseEnd(head *Head, agent Agent) (end, last time.Time) {
	presence, seen := l.Presence[agent.Seat]
	presence = presence.Of(agent)
	if !seen || presence.AtMs == 0 { // expired, perhaps as the presence of a member, now admin
		presence.AtMs = max(agent.AtMs, agent.RoleMs)
	}
	if u, spoke := head.Recent.Said(agent.Seat); spoke && u.Heard.After(presence.At()) {
		presence.AtMs, presence.Used = u.Heard.UnixMilli(), true
	}
	return Latest(presence.LeaseEnd(agent), agent.HookedUntil(presence), l.LeaseEnds[agent.Seat]), presence.At()
}

// CeilSecond rounds up to whole seconds, the grain of an item's expiry.
func CeilSecond(t time.Time) time.Time {
	return t.Add(time.Second - 1).Truncate(time.Second)
}

// Latest returns the latest of one or more times.
func Latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// Earliest returns the earliest of one or more times.
func Earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
