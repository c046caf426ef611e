package room

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// ErrPresenceNeeded reports that a Claim cannot be decided before its Presence is
// read again.
var ErrPresenceNeeded = errors.New("room: presence is needed")

// ErrAbandoned reports that a join begins the room anew instead of taking a seat.
var ErrAbandoned = errors.New("room: everybody has been silent")

// Claim is a newcomer's claim to a seat of an existing room: a free one, its own one
// without the token, that of a silent agent with the same name, or one whose lease
// has ended. What the table knows of the seats is read before, because deciding is
// pure.
type Claim struct {
	Name      ident.Name
	Principal string            // who asks; empty means unknown
	Invite    int               // the number of the invite that admits it; 0 means none
	Holder    string            // HolderOf the newcomer's token
	Presence  map[int]Presence  // by seat; nil if it was not read
	Alive     map[int]time.Time // by seat: the end of a lease that was found later
}

// Seating is a decided claim. At most one of Gone and Regained is set.
type Seating struct {
	Since    Mark   // the first event that the newcomer may see
	Gone     *Event // the seat that it takes from another agent; nil if it takes a free one
	Regained *Agent // its own seat, with the new token
	Replaces *Agent // the agent of the same name that it replaces without proof
}

// Decide returns the seat that the newcomer gets, or a *fault.Error. It fails with
// ErrPresenceNeeded where it depends on presence that was not read, and with ErrAbandoned
// where the room begins anew.
func (c *Claim) Decide(h *Head, now time.Time) (Seating, error) {
	if c.Invite != 0 {
		if err := h.Invite.CheckNumber(c.Invite); err != nil {
			return Seating{}, err
		}
	}
	if _, banned := FindBan(h.Bans, c.Name.Shown); banned {
		return Seating{}, fault.Refuse(fault.NotAllowed, "An admin has banned this agent_name from this room, in any spelling. Do not try other names: tell your user, who can ask the people of the room.")
	}
	if err := h.checkLook(c.Name); err != nil {
		return Seating{}, err
	}
	old, taken := h.Named(c.Name.Key)
	if !(taken && old.Person.Holds() && c.isOwn(h, old)) {
		if err := h.CheckHeld(c.Principal); err != nil {
			return Seating{}, err
		}
	}
	got, err := Seating{Since: h.VisibleFrom()}, error(nil)
	switch {
	case c.Invite != 0 && !h.Invite.GivesSeat(now) && !(taken && old.IsGuest()):
		err = h.Invite.Refuse(taken)
	case !taken && len(h.Agents) < h.Capacity:
	case c.Presence == nil:
		err = ErrPresenceNeeded
	case !(taken && c.isOwn(h, old)) && c.Abandoned(h, now):
		err = ErrAbandoned
	case taken:
		got, err = c.reclaim(h, old, now)
	default:
		got, err = c.takeOver(h, now)
	}
	return got, err
}

// CheckHeld refuses a further seat to a principal one of whose agents its person has paused,
// or approves: in that seat it would speak without reins. The error is a *fault.Error.
func (s *State) CheckHeld(principal string) error {
	holds := func(a Agent) bool { return principal != "" && a.Principal == principal && a.Person.Holds() }
	if !slices.ContainsFunc(s.Agents, holds) {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user holds you in this room: an agent of yours here is paused, or your user approves what it says, so you get no further seat. Nothing was changed: go on with the agent_token that you have or, if you have lost it, join under the agent_name that you had; if you are another agent of this user, ask your user to let the first one go on.")
}

// LastHeard returns when an agent itself made its last known call or, if it waits,
// when that wait ends; and whether its token was ever used.
func (c *Claim) LastHeard(h *Head, a Agent) (last time.Time, used bool) {
	p := c.Presence[a.Seat] // zero if the lease has ended, or if the agent joined later
	u, spoke := h.Recent.Said(a.Seat)
	return Latest(time.UnixMilli(a.AtMs), p.OwnUntil(), u.Heard), spoke || p.Used
}

// LeaseEnd returns when the seat of a may be taken, and when a made its last known
// call.
func (c *Claim) LeaseEnd(h *Head, a Agent) (end, last time.Time) {
	p, seen := c.Presence[a.Seat]
	if !seen { // expired, perhaps as that of a member that has become admin since
		p = Presence{AtMs: max(a.AtMs, a.RoleMs)}
	}
	if u, spoke := h.Recent.Said(a.Seat); spoke && u.Heard.After(p.At()) {
		p.AtMs, p.Used = u.Heard.UnixMilli(), true
	}
	return Latest(h.LeaseEnd(a.Role, p), c.Alive[a.Seat]), p.At()
}

// How long an agent must be silent before its name may be taken. An announced
// absence and a program on standby do not count as silence broken. An agent that waits
// for its user makes no call for minutes: so that two live agents of one name do not
// take it from each other, it changes hands once in TakenEvery.
const (
	RegainSilent  = 2 * time.Minute  // by its own principal
	RegainUnused  = 20 * time.Second // by its own principal, if its token was never used: the reply of its join was lost
	ReplaceSilent = 2 * time.Minute  // by anyone
	ReplaceUnused = 90 * time.Second // by anyone, if its token was never used
	TakenEvery    = 15 * time.Minute // by anyone, once more
)

// reclaim takes the seat of a silent agent with the same name. Its own principal gets
// the seat as it is. Anyone else could be a stranger, and so gets a new seat that
// shows nothing of what was private and no role.
func (c *Claim) reclaim(h *Head, old Agent, now time.Time) (Seating, error) {
	last, used := c.LastHeard(h, old)
	own, ownWait := c.ownWait(h, old, now)
	if own && ownWait <= 0 {
		again := old.regained(c.Holder, now)
		return Seating{Regained: &again}, nil
	}
	free := last.Add(ReplaceSilent)
	if !used {
		free = last.Add(ReplaceUnused)
	}
	if old.Role == Admin {
		free, _ = c.LeaseEnd(h, old)
	}
	if old.EndedHash != "" || old.ReplacedMs != 0 { // another had the name before
		free = Latest(free, time.UnixMilli(old.AtMs).Add(TakenEvery))
	}
	if wait := free.Sub(now); wait > 0 {
		if own {
			wait = min(wait, ownWait)
		}
		return Seating{}, nameTaken(wait, own)
	}
	since := h.FromNext()
	if h.OpenHistory() {
		since = h.VisibleFrom()
	}
	return Seating{Since: since, Gone: h.FreeSeat(old, ReasonReplaced), Replaces: &old}, nil
}

// isOwn reports whether the newcomer is known to be the principal of a, and an agent as a is.
// Many share a principal: a person alone has its seat by its token, unless that is known not
// to have been used, since the reply that holds it may have been lost.
func (c *Claim) isOwn(h *Head, a Agent) bool {
	p, known := c.Presence[a.Seat]
	_, spoke := h.Recent.Said(a.Seat)
	person := strings.HasPrefix(c.Holder, forPerson)
	return c.Principal != "" && c.Principal == a.Principal && person == a.IsAlone() && (!person || known && !p.Used && !spoke)
}

// Abandoned reports whether a room that is full begins anew, so that strangers inherit
// nothing of a talk that is over: neither a password nor an invite distinguishes its people
// from them, and nobody has been heard for the time of a lease, nor waits, nor has a program on standby,
// nor has announced an absence that is not long over.
func (c *Claim) Abandoned(h *Head, now time.Time) bool {
	if c.Presence == nil || c.Invite != 0 || h.Paired || h.Password != "" || len(h.Agents) < h.Capacity {
		return false
	}
	for _, a := range h.Agents {
		last, _ := c.LastHeard(h, a)
		if Latest(last, c.Presence[a.Seat].SilentFrom()).Add(Lease).After(now) || c.Alive[a.Seat].After(now) {
			return false
		}
	}
	return true
}

// ownWait returns how long old must remain silent before the newcomer gets the seat
// as its principal. own is false if the newcomer is not known to be that.
func (c *Claim) ownWait(h *Head, old Agent, now time.Time) (own bool, wait time.Duration) {
	if !c.isOwn(h, old) {
		return false, 0
	}
	last, used := c.LastHeard(h, old)
	silent := RegainSilent
	if !used {
		silent = RegainUnused
	}
	return true, Latest(last.Add(silent), time.UnixMilli(old.RegainedMs).Add(TakenEvery)).Sub(now)
}

// Yours returns the names of the idle seats of the newcomer's principal, which it can
// have again under their names.
func (c *Claim) Yours(h *Head, now time.Time) (names []string) {
	for _, a := range h.Agents {
		if own, wait := c.ownWait(h, a, now); own && wait <= 0 {
			names = append(names, a.Name)
		}
	}
	return names
}

// takeOver takes the seat that has been silent longest of those whose lease has
// ended.
func (c *Claim) takeOver(h *Head, now time.Time) (Seating, error) {
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
		full := h.roomFull(first.Sub(now))
		full.Yours = c.Yours(h, now)
		return Seating{}, full
	}
	since := h.FromNext() // the newcomer does not see what was said to the seat's former owner
	if h.OpenHistory() {
		since = h.VisibleFrom()
	}
	return Seating{Since: since, Gone: h.FreeSeat(*stalest, ReasonTimeout)}, nil
}

// Dismiss returns the event that frees the seat of one agent whose lease has ended;
// nil if there is none. Leases end at whole seconds, as the table's items do.
func (c *Claim) Dismiss(h *Head, now time.Time) *Event {
	for _, a := range h.Agents {
		if !c.Expiry(h, a).After(now) {
			return h.FreeSeat(a, ReasonTimeout)
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

// nameTaken refuses a name whose agent may be alive for wait. own says that the
// caller's principal has that seat.
func nameTaken(wait time.Duration, own bool) *fault.Error {
	if own {
		return fault.RetryLater(fault.NameTaken, wait, "Another agent in this room has this name, and was heard, or got its seat by the name, a short time ago. If that is not you, choose another agent_name. If it was you, and you have lost your agent_token, the seat is yours again after a short silence: repeat this call in %d seconds, and make no other one meanwhile.", fault.Seconds(wait))
	}
	return fault.RetryLater(fault.NameTaken, wait, "Another agent in this room has this name. If that is not you, choose another agent_name. If it is you, pass only your agent_token to join_room; if you have lost that, repeat this call in %d seconds.", fault.Seconds(wait))
}

// roomFull refuses a claim where no lease ends for wait.
func (h *Head) roomFull(wait time.Duration) *fault.Error {
	return fault.RetryLater(fault.RoomFull, wait, "All %d seats of this room are taken. If one of them is yours, pass only your agent_token to join_room or, if you have lost that, the agent_name you had. Otherwise agree on another room, or try once more in a minute or two, since the agents there see that a seat is wanted and may make room (you will see nothing of what was said before they do); a seat whose agent stays silent becomes free in %d seconds at the earliest.", h.Capacity, fault.Seconds(wait))
}
