package room

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// ErrPresenceNeeded reports that a Claim cannot be decided before its Presence is
// read again.
var ErrPresenceNeeded = errors.New("room: presence is needed")

// Claim is a newcomer's claim to a seat of an existing room: a free one, that of a
// silent agent with the same name, or one whose lease has ended. What the table
// knows of the seats is read before, because deciding is pure.
type Claim struct {
	Name     ident.Name
	Presence map[int]Presence  // by seat; nil if it was not read
	Alive    map[int]time.Time // by seat: the end of a lease that was found later
	Ghost    int               // the seat with the newcomer's name when Presence was read; 0 if none
	Unread   int64             // the first event after that seat's last call
}

// Seating is a decided claim.
type Seating struct {
	Since int64  // the first event that the newcomer may see
	Gone  *Event // the seat that it takes from another agent; nil if it takes a free one
}

// Decide returns the seat that the newcomer gets, or a *fault.Error. It fails with
// ErrPresenceNeeded where it depends on presence that was not read.
func (c *Claim) Decide(h *Head, now time.Time) (Seating, error) {
	if _, banned := FindBan(h.Bans, c.Name.Key); banned {
		return Seating{}, fault.Refuse(fault.NotAllowed, "An admin has banned this agent_name from this room, in any spelling. Do not try other names: tell your user, who can ask the people of the room.")
	}
	got, err := Seating{Since: h.VisibleFrom()}, error(nil)
	if old, taken := h.Named(c.Name.Key); taken {
		got, err = c.replace(h, old, now)
	} else if len(h.Agents) >= h.Capacity {
		got, err = c.takeOver(h, now)
	}
	if err == nil && h.NextSeat > ident.MaxSeat {
		err = fault.Refuse(fault.RoomFull, "This room has given out all the seats it ever can. Agree on a new room.")
	}
	return got, err
}

// LastHeard returns when an agent made its last known call, and whether its token
// was ever used.
func (c *Claim) LastHeard(h *Head, a Agent) (last time.Time, used bool) {
	p := c.Presence[a.Seat] // zero if the lease has ended, or if the agent joined later
	u, spoke := h.Recent.Said(a.Seat)
	return Latest(time.UnixMilli(a.AtMs), p.At(), u.At), spoke || p.Used
}

// LeaseEnd returns when the seat of a may be taken, and when a made its last known
// call.
func (c *Claim) LeaseEnd(h *Head, a Agent) (end, last time.Time) {
	p, seen := c.Presence[a.Seat]
	if !seen { // expired, perhaps as that of a member that has become admin since
		p = Presence{AtMs: max(a.AtMs, a.RoleMs)}
	}
	if u, spoke := h.Recent.Said(a.Seat); spoke && u.At.After(p.At()) {
		p.AtMs, p.Used = u.At.UnixMilli(), true
	}
	return Latest(h.LeaseEnd(a.Role, p), c.Alive[a.Seat]), p.At()
}

// replace takes the seat of a silent agent with the same name. Anyone may claim to
// be that agent. So the newcomer sees what the agent could see only if the agent's
// token was never used, because the reply of its join was lost; else it sees what
// was said since the agent's last call.
func (c *Claim) replace(h *Head, old Agent, now time.Time) (Seating, error) {
	if c.Presence == nil {
		return Seating{}, ErrPresenceNeeded
	}
	if wait := c.ghostIn(h, old, now); wait > 0 {
		return Seating{}, nameTaken(h, wait)
	}
	since := old.Since
	switch end, _ := c.LeaseEnd(h, old); {
	case !c.everUsed(h, old, now):
	case h.OpenHistory():
		since = h.VisibleFrom()
	case !end.After(now):
		since = h.AsOf + 2 // a stranger could have its seat by now
	case c.Ghost != old.Seat:
		return Seating{}, ErrPresenceNeeded
	default:
		since = max(since, c.Unread)
	}
	return Seating{since, FreeSeat(&h.State, old, ReasonReplaced)}, nil
}

// takeOver takes the seat that has been silent longest of those whose lease has
// ended.
func (c *Claim) takeOver(h *Head, now time.Time) (Seating, error) {
	if c.Presence == nil {
		return Seating{}, ErrPresenceNeeded
	}
	var stalest *Agent
	var stalestAt, first time.Time
	for i, a := range h.Agents {
		end, last := c.LeaseEnd(h, a)
		if end.After(now) {
			if first.IsZero() || end.Before(first) {
				first = end
			}
			continue
		}
		if stalest == nil || last.Before(stalestAt) {
			stalest, stalestAt = &h.Agents[i], last
		}
	}
	if stalest == nil {
		return Seating{}, roomFull(h, first.Sub(now))
	}
	since := h.AsOf + 2 // the newcomer does not see what was said to the seat's former owner
	if h.OpenHistory() {
		since = h.VisibleFrom()
	}
	return Seating{since, FreeSeat(&h.State, *stalest, ReasonTimeout)}, nil
}

// Dismiss returns the event that frees the seat of one agent whose lease has ended;
// nil if there is none. Leases end at whole seconds, as the table's items do.
func (c *Claim) Dismiss(h *Head, now time.Time) *Event {
	for _, a := range h.Agents {
		if !c.Expiry(h, a).After(now) {
			return FreeSeat(&h.State, a, ReasonTimeout)
		}
	}
	return nil
}

// Expiry returns when the lease of a has ended for the table, too, whose grain is a
// second.
func (c *Claim) Expiry(h *Head, a Agent) time.Time {
	end, _ := c.LeaseEnd(h, a)
	return CeilSecond(end)
}

// everUsed reports whether the token of a may have been used since its join. Its
// presence shows the first use for a whole lease, and so does what it said.
func (c *Claim) everUsed(h *Head, a Agent, now time.Time) bool {
	_, used := c.LastHeard(h, a)
	_, seen := c.Presence[a.Seat]
	shown := Lease
	if h.Paired {
		shown = PairLease
	}
	return used || !seen && now.Sub(time.UnixMilli(a.AtMs)) >= shown
}

// ghostIn returns how long an agent must remain silent before its name may be
// taken; zero or less if it may be taken now.
func (c *Claim) ghostIn(h *Head, old Agent, now time.Time) time.Duration {
	last, used := c.LastHeard(h, old)
	last = Latest(last, c.Presence[old.Seat].SilentFrom())
	if used {
		return last.Add(GhostSilent).Sub(now)
	}
	return last.Add(GhostUnused).Sub(now)
}

// nameTaken refuses a name whose agent may be alive for wait.
func nameTaken(h *Head, wait time.Duration) error {
	other := ""
	if len(h.Agents) < h.Capacity {
		other = ", and not under another name, which would take a second seat"
	}
	return fault.RetryLater(fault.NameTaken, wait, "Another agent in this room has this name. If that is not you, choose another agent_name. If it is you, pass only your agent_token to join_room; if you have lost that, do other work and repeat this call in %d seconds, with the same agent_name%s.", fault.Seconds(wait), other)
}

// roomFull refuses a claim where no lease ends for wait.
func roomFull(h *Head, wait time.Duration) error {
	return fault.RetryLater(fault.RoomFull, wait, "All %d seats of this room are taken. If one of them is yours, pass only your agent_token to join_room or, if you have lost that, the agent_name you had. Otherwise agree on another room, or try once more in a minute or two, since the agents there see that a seat is wanted and may make room; a seat whose agent stays silent becomes free in %d seconds at the earliest.", h.Capacity, fault.Seconds(wait))
}
