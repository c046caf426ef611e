package room

import (
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// ErrPresenceNeeded reports that a SeatRequest cannot be decided before Liveness.Presence is read again.
var ErrPresenceNeeded = errors.New("room: presence is needed")

// ErrAbandoned reports that a join starts the room over instead of taking a seat.
var ErrAbandoned = errors.New("room: everybody has been silent")

// SeatRequest is a newcomer's request for a seat of an existing room. The decision is pure, so the caller reads
// the presence of the seats before: see Liveness.
type SeatRequest struct {
	Name      ident.Name
	Principal string      // of the newcomer; empty means unknown
	Invite    int         // the number of the newcomer's invite; 0 means none
	Token     HashedToken // of the newcomer

	Liveness
}

// Seating is a decided request. At most one of Eviction and Regained is set.
type Seating struct {
	Since    Mark    // the first event visible to the newcomer
	Eviction *Event  // takes the seat from another agent; nil for a free seat
	Regained *Agent  // the newcomer's own seat, with the new token
	Invite   *Invite // the rest of the room's invite; nil if no use is spent
}

// How long the agent of a seat must itself have been silent before the principal regains the seat. An announced
// absence and a program on standby do not break the silence.
const (
	RegainSilent = 2 * time.Minute  // by its own principal
	RegainUnused = 20 * time.Second // by its own principal, if the token was never used: the reply of the join was lost
)

// Decide returns the seat for the newcomer, or a *fault.Error. Decide fails with ErrPresenceNeeded if the
// answer depends on presence that was not read, and with ErrAbandoned if the room starts over.
//
// A banned name is refused before a taken name, and a taken name before a full room: the refusal must not
// suggest a way around the ban. While a person supervises an agent here, the principal gets no further seat; only
// the supervised agent regains its seat, still supervised.
//
// An agent without memory must get back in, and a stranger must not get private words: a stranger with Bob's old seat
// would read what Ann told Bob in private, and be admin if Bob was. Under a taken name
//
//	caller                     gets
//	by the token, or the       the seat, always and without a SeatRequest: see
//	contextId of A2A           State.CallerByToken
//	principal of the seat,     the same seat under a new token, after RegainSilent
//	but not of an endpoint     (RegainUnused), and also where anyone would get a new
//	                           seat
//	anyone, once the lease     a new seat in place of the old, with the view of a
//	ended (LeaseEnd)           newcomer that takes over a seat of another name
//	anyone else                NameTaken, and a knock
//
// A guest in the place of a guest spends no use of the invite. Under a free name, a newcomer to a full room gets a
// new seat in place of the longest silent agent with an ended lease, or the room starts over. Before all else a guest
// needs a valid invite: see Invite.Admit. The seat of its own principal needs none, since the name of the room gives
// it back, too. Once all seat numbers were given, nobody gets a new seat.
//
// talk: the way back
func (r *SeatRequest) Decide(head *Head, now time.Time) (Seating, error) {
	old, _ := head.Named(r.Name.Key)
	var left *Invite
	if r.Invite != 0 && !r.isOwn(head, old) {
		var err error
		left, err = head.Invite.Admit(r.Invite, old, now)
		if err != nil {
			return Seating{}, err
		}
	}
	got, err := r.decideAdmitted(head, old, now)
	got.Invite = left
	if err == nil && got.Regained == nil {
		err = head.checkSeatNumbers()
	}
	return got, err
}

// decideAdmitted is Decide for a newcomer whose invite, if any, is valid. old is the agent of the newcomer's
// name, or the zero value.
func (r *SeatRequest) decideAdmitted(head *Head, old Agent, now time.Time) (Seating, error) {
	if _, banned := FindBan(head.Bans, r.Name.Shown); banned {
		return Seating{}, fault.Refuse(fault.NotAllowed, "An admin has banned this agent_name from this room, in any "+
			"spelling. Do not try other names: tell your user, who can ask the people of the room.").For(fault.RuleBan)
	}
	if err := head.checkLookalike(r.Name); err != nil {
		return Seating{}, err
	}
	taken := old.Seat != 0
	own := taken && r.isOwn(head, old)
	if !own || !old.Person.Supervises() {
		if err := head.CheckFurtherSeat(r.Principal); err != nil {
			return Seating{}, err
		}
	}
	switch {
	case !taken && len(head.Agents) < head.Capacity:
		return Seating{Since: head.VisibleFrom()}, nil
	case r.Presence == nil:
		return Seating{}, ErrPresenceNeeded
	case !own && r.Abandoned(head, now):
		return Seating{}, ErrAbandoned
	case taken:
		return r.decideTaken(head, old, now)
	}
	return r.takeOver(head, now)
}

// decideTaken is Decide for the name of old. A regained seat stays the same: its number, to which debts and
// private messages are addressed, its role, and the admission of the agent.
func (r *SeatRequest) decideTaken(head *Head, old Agent, now time.Time) (Seating, error) {
	lease, _ := r.LeaseEnd(head, old)
	free, own := lease, r.isOwn(head, old)
	if own {
		free = Earliest(free, r.regainableFrom(head, old))
	}
	switch {
	case free.After(now):
		return Seating{}, refuseNameTaken(free.Sub(now), own, lease)
	case own:
		again := old.regained(r.Token, now)
		return Seating{Regained: &again}, nil
	}
	return Seating{Since: head.sinceTakeOver(), Eviction: r.Evict(head, old, now)}, nil
}

// regainableFrom returns when the principal of agent may regain the seat.
func (r *SeatRequest) regainableFrom(head *Head, agent Agent) time.Time {
	last, used := r.LastHeard(head, agent)
	silent := RegainSilent
	if !used {
		silent = RegainUnused
	}
	return last.Add(silent)
}

// CheckFurtherSeat refuses a further seat to a principal whose person has paused an agent here, or approves its
// messages: from another seat the agent would speak unsupervised. A key is one person, and so is the machine of
// a local server; a guest has no principal. An endpoint makes no calls, so an endpoint keeps nobody out. The
// error is a *fault.Error.
func (s *State) CheckFurtherSeat(principal string) error {
	supervised := func(agent Agent) bool {
		return principal != "" && agent.Principal == principal && agent.Person.Supervises() && !agent.IsEndpoint()
	}
	if !slices.ContainsFunc(s.Agents, supervised) {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user holds you in this room: an agent of yours here is paused, or your "+
		"user approves what it says, so you get no further seat. Nothing was changed: go on with the agent_token "+
		"that you have or, if you have lost it, join under the agent_name that you had; if you are another agent of "+
		"this user, ask your user to let the first one go on.")
}

// isOwn reports whether the newcomer is known to be the principal of a, and is an agent or a person as a is. Many
// people may share a principal, so a person without an agent regains its seat by the token only; or while the
// token is unused, since the reply with the token may have been lost. Nobody regains the seat of an endpoint,
// silent until called: two would speak from one seat.
func (r *SeatRequest) isOwn(h *Head, a Agent) bool {
	p, known := r.Presence[a.Seat]
	_, spoke := h.Recent.Said(a.Seat)
	return r.Principal != "" && r.Principal == a.Principal && r.Token.Person == a.IsPersonOnly() && !a.IsEndpoint() &&
		(!r.Token.Person || known && !p.Used && !spoke)
}

// Abandoned reports whether a full room starts over, so that strangers do not inherit the seats, the name and the
// words of a past talk. Neither a password nor an invite shows that the newcomer is no stranger, and all have been
// silent for the time of a lease: nobody called or waited, no announced absence lasts, and no program on standby and
// no hook could wake an agent.
func (r *SeatRequest) Abandoned(head *Head, now time.Time) bool {
	if r.Presence == nil || r.Invite != 0 || head.Password != "" || len(head.Agents) < head.Capacity {
		return false
	}
	for _, agent := range head.Agents {
		last, _ := r.LastHeard(head, agent)
		presence := r.Presence[agent.Seat]
		if Latest(Latest(last, presence.SilentFrom()).Add(Lease), agent.HookedUntil(presence),
			r.LeaseEnds[agent.Seat]).After(now) {
			return false
		}
	}
	return true
}

// takeOver evicts the longest silent agent whose lease has ended: an absent agent must not block a room.
func (r *SeatRequest) takeOver(head *Head, now time.Time) (Seating, error) {
	var stalest *Agent
	var stalestAt, first time.Time
	for i, agent := range head.Agents {
		end, last := r.LeaseEnd(head, agent)
		if end.After(now) {
			if first.IsZero() || end.Before(first) {
				first = end
			}
			continue
		}
		if stalest == nil || last.Before(stalestAt) {
			stalest, stalestAt = &head.Agents[i], last
		}
	}
	if stalest == nil {
		return Seating{}, head.refuseRoomFull(first.Sub(now))
	}
	return Seating{Since: head.sinceTakeOver(), Eviction: r.Evict(head, *stalest, now)}, nil
}

// sinceTakeOver returns the first event visible to a newcomer that takes another agent's seat. Words to the
// other agent stay hidden unless history is open, since a stranger could take any stale seat.
func (h *Head) sinceTakeOver() Mark {
	if h.OpenHistory() {
		return h.VisibleFrom()
	}
	return h.FromNext()
}

// knockAgain is how soon a refused agent asks again: by then an admin may have kicked the agent of the name.
const knockAgain = time.Minute

// refuseNameTaken refuses a name that is free for the caller after wait. own says that the caller is the
// principal of the seat, and lease is when the seat is free.
func refuseNameTaken(wait time.Duration, own bool, lease time.Time) *fault.Error {
	if own {
		return fault.RetryLater(fault.NameTaken, wait, "Another agent here has this name, and was heard, or got its "+
			"seat by the name, a short time ago. If that is not you, choose another agent_name. If it was you, and "+
			"you have lost your agent_token, the seat is yours again after a short silence: repeat this call in %d "+
			"seconds, and make no other one meanwhile.", fault.Seconds(wait))
	}
	wait = min(wait, knockAgain)
	free := lease.UTC().Add(time.Minute - 1).Truncate(time.Minute).Format("15:04 UTC on 2 January")
	return fault.RetryLater(fault.NameTaken, wait, "Another agent here has this name. If that is not you, choose "+
		"another agent_name. If it is you: pass only your agent_token to join_room or, if you have lost that, repeat "+
		"this call in %d seconds. Those here see that you asked: the name is free once an admin "+
		"kicks that agent or, if it stays silent, at %s at the latest.", fault.Seconds(wait), free)
}

// refuseRoomFull refuses a request if no lease ends before wait is over.
func (h *Head) refuseRoomFull(wait time.Duration) *fault.Error {
	return fault.RetryLater(fault.RoomFull, wait, "All %d seats of this room are taken. If one of them is yours, "+
		"pass only your agent_token to join_room or, if you have lost that, the agent_name you had. Otherwise agree "+
		"on another room, or try once more in a minute or two, since the agents there see that a seat is wanted and "+
		"may make room (you will see nothing of what was said before they do); a seat whose agent stays silent "+
		"becomes free in %d seconds at the earliest.", h.Capacity, fault.Seconds(wait))
}
