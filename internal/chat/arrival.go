package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// arrival is an agent on its way to a seat of a room that is there.
type arrival struct {
	in       *entrance
	room     *liveRoom
	password string            // the room's, as it was checked
	seen     map[int]seenItem  // presence, once it is needed
	alive    map[int]time.Time // until when seats are whose presence was in the way
	ghost    int               // the seat of the name's own ghost, when it was looked for
	unread   int64             // the first event after that was last heard of
}

// look reads who is there, and who spoke lately.
func (a *arrival) look(ctx context.Context) error {
	seen, err := a.room.presence(ctx, table.Strong)
	if err != nil {
		return err
	}
	a.seen = seen
	if err := a.room.recall(ctx, a.room.svc.now().Add(-lease)); err != nil {
		return err
	}
	f := a.room.known()
	old, taken := f.named(a.in.agent.key)
	if !taken {
		return nil
	}
	a.ghost, a.unread = old.Seat, f.asOf+2 // nothing is kept for one of whom nothing is known
	if last, used := a.lastHeard(f, old); used {
		a.unread, err = a.room.firstAfter(ctx, last)
	}
	return err
}

// lastHeard is when an agent made its last call that is known of, and whether its
// token has been used at all.
func (a *arrival) lastHeard(f *fold, x agent) (last time.Time, used bool) {
	s := a.seen[x.Seat] // none: its lease is over, or it came after we looked
	u, spoke := find(f.spoken, x.Seat)
	return latest(time.UnixMilli(x.AtMs), s.at(), u.at), spoke || s.Used
}

// blocked notes a seat that turned out to be alive: its presence was in the way,
// for its owner came back while we looked.
func (a *arrival) blocked(c table.Conflict) {
	if seat, _, err := seatOfKey(c.Key); err == nil && c.Item != nil {
		if a.alive == nil {
			a.alive = map[int]time.Time{}
		}
		a.alive[seat] = c.Item.Expires
	}
}

// propose takes a free seat, or one that may be taken over.
func (a *arrival) propose(f *fold, now time.Time) (change, error) {
	switch {
	case f.ended, f.closed, f.Key != a.in.room.key:
		return change{}, errElsewhere
	case f.dead(now), deserted(f):
		return change{}, errEmptied
	case f.Password != a.password:
		return change{}, errSettings
	}
	if _, banned := keptBy(f.bans, a.in.agent.key); banned {
		return change{}, errBanned()
	}
	if old, taken := f.named(a.in.agent.key); taken {
		return a.replace(f, old, now)
	}
	if len(f.agents) >= f.Capacity {
		return a.takeOver(f, now)
	}
	return a.sit(f, now, newcomerSees(f), nil)
}

// openHistory reports whether a newcomer sees what was said to those who had its
// seat before: where a password guards it, or everybody may come.
func openHistory(f *fold) bool { return f.Password != "" || f.Public }

// newcomerSees returns the first event that an agent may see that takes a free
// seat after event asOf.
func newcomerSees(f *fold) int64 {
	if openHistory(f) {
		return max(f.OpenFrom, 1)
	}
	return max(f.OpenFrom, f.givenUp+1)
}

// replace takes the seat of the caller's own ghost, if it is one. Anybody may say
// that it is: so it sees what the ghost could see only where the ghost's token was
// never used, as its join was lost; else what was said since it was last heard of.
func (a *arrival) replace(f *fold, old agent, now time.Time) (change, error) {
	if a.seen == nil {
		return change{}, errUnseen
	}
	if wait := a.ghostIn(f, old, now); wait > 0 {
		return change{}, a.taken(f, wait)
	}
	since := old.Since
	switch end, _ := a.leaseEnd(f, old); {
	case !a.everUsed(f, old, now):
	case openHistory(f):
		since = newcomerSees(f)
	case !end.After(now):
		since = f.asOf + 2 // its lease is over: nothing is kept for it
	case a.ghost != old.Seat:
		return change{}, errUnseen
	default:
		since = max(since, a.unread)
	}
	return a.sit(f, now, since, &event{Type: left, Seat: old.Seat, Name: old.Name, Reason: ReasonReplaced})
}

// taken refuses a name whose agent may yet be alive for wait.
func (a *arrival) taken(f *fold, wait time.Duration) error {
	other := ""
	if len(f.agents) < f.Capacity {
		other = ", and not under another name, which would take a second seat"
	}
	return later(NameTaken, wait, "Another agent in this room has this name. If that is not you, choose another agent_name. If it is you, pass only your agent_token to join_room; if you have lost that, do other work and repeat this call in %d seconds, with the same agent_name%s.", seconds(wait), other)
}

// everUsed reports whether the token of x may have been used since its join. The
// first use is noted for longer than a lease, and look saw who spoke for as long.
func (a *arrival) everUsed(f *fold, x agent, now time.Time) bool {
	_, used := a.lastHeard(f, x)
	_, seen := a.seen[x.Seat]
	noted := lease
	if f.Paired {
		noted = pairLease
	}
	return used || !seen && now.Sub(time.UnixMilli(x.AtMs)) >= noted
}

// ghostIn is how long an agent must go on being silent before its name may be
// taken; zero or less: it may.
func (a *arrival) ghostIn(f *fold, old agent, now time.Time) time.Duration {
	last, used := a.lastHeard(f, old)
	last = latest(last, a.seen[old.Seat].silentFrom())
	if used {
		return last.Add(ghostSilent).Sub(now)
	}
	return last.Add(ghostUnused).Sub(now)
}

// takeOver takes the stalest seat whose lease is over.
func (a *arrival) takeOver(f *fold, now time.Time) (change, error) {
	if a.seen == nil {
		return change{}, errUnseen
	}
	var stalest *agent
	var stalestAt, first time.Time
	for i, x := range f.agents {
		end, last := a.leaseEnd(f, x)
		if end.After(now) {
			if first.IsZero() || end.Before(first) {
				first = end
			}
			continue
		}
		if stalest == nil || last.Before(stalestAt) {
			stalest, stalestAt = &f.agents[i], last
		}
	}
	if stalest == nil {
		return change{}, later(RoomFull, first.Sub(now), "All %d seats of this room are taken. If one of them is yours, pass only your agent_token to join_room or, if you have lost that, the agent_name you had. Otherwise agree on another room, or try once more in a minute or two, since the agents there are told that a seat is wanted and may make room; a seat whose agent stays silent becomes free in %d seconds at the earliest.", f.Capacity, seconds(first.Sub(now)))
	}
	since := f.asOf + 2 // what was said before the seat was given up is not the newcomer's
	if openHistory(f) {
		since = newcomerSees(f)
	}
	return a.sit(f, now, since, &event{Type: left, Seat: stalest.Seat, Name: stalest.Name, Reason: ReasonTimeout})
}

// leaseEnd is when the seat of x may be taken, and when it was last heard of, as
// far as that is known once its presence has expired.
func (a *arrival) leaseEnd(f *fold, x agent) (end, last time.Time) {
	s, seen := a.seen[x.Seat]
	if !seen { // or expired as that of a member who has become admin since
		s = seenItem{AtMs: max(x.AtMs, x.RoleMs)}
	}
	if u, spoke := find(f.spoken, x.Seat); spoke && u.at.After(s.at()) {
		s.AtMs, s.Used = u.at.UnixMilli(), true
	}
	return latest(f.leaseEnd(x.Role, s), a.alive[x.Seat]), s.at()
}

// sit makes the change that seats the agent, after gone has given its seat up.
func (a *arrival) sit(f *fold, now time.Time, since int64, gone *event) (change, error) {
	if f.nextSeat > maxSeat {
		return change{}, refuse(RoomFull, "This room has given out all the seats it ever can. Agree on a new room.")
	}
	var ch change
	role, n := Member, f.asOf+1
	if gone != nil {
		n++
		gone.Promoted = f.successor(gone.Seat)
		ch.events = append(ch.events, *gone)
		ch.ops = vacate(f.id, *gone, now)
		if len(f.agents) == 1 {
			role = Admin
		}
	} else if len(f.agents) == 0 {
		role = Admin
	}
	e, op := a.in.seatAt(f, now, since, role)
	e.Agent.Joined = n
	ch.events = append(ch.events, e)
	ch.ops = append(ch.ops, op)
	return ch, nil
}

// vacate makes the ops that take the former owner's presence away and note why
// its seat is gone. A seat whose lease was over must not have come back.
func vacate(id string, gone event, now time.Time) []table.Op {
	cond := table.Always
	if gone.Reason == ReasonTimeout {
		cond = table.IfAbsent
	}
	note := goneItem{V: version, Reason: gone.Reason}
	return []table.Op{
		table.Delete(seenKey(id, gone.Seat), cond),
		table.Put(table.Item{
			Key: goneKey(id, gone.Seat), Expires: now.Add(goneLife), Data: encode(note),
		}, table.Always),
	}
}

// seatAt makes the event and the presence of a new seat, as the next event of f.
func (in *entrance) seatAt(f *fold, now time.Time, since int64, role Role) (event, table.Op) {
	x := agent{
		Seat: max(f.nextSeat, 1), Name: in.agent.shown, Key: in.agent.key, Role: role,
		Hash: hashSecret(in.secret), Joined: f.asOf + 1, AtMs: now.UnixMilli(), Since: since,
	}
	if role != Admin {
		_, x.Muted = keptBy(f.mutes, x.Key)
	}
	return event{Type: joined, Seat: x.Seat, Name: x.Name, Agent: &x}, putSeen(f, x, seenItem{AtMs: now.UnixMilli()})
}
