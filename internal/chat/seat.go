package chat

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// A seat's lease is its presence: the item SEEN, which expires when the lease
// ends. A seat is only ever given to another when that item is absent.
const (
	lease       = 15 * time.Minute // after the last call, the end of a wait or an announced return
	adminLease  = 24 * time.Hour   // an admin's seat is safe for so long
	unusedLease = 90 * time.Second // of a seat whose token has never been used

	// A name's own ghost is replaced when its token has not been used so long
	// after its join: the reply of that join was lost.
	ghostUnused = 20 * time.Second
	// Or after so much silence, with no wait open and no announced absence.
	ghostSilent = 2 * time.Minute

	// How far what this process wrote of a seat's presence may fall behind. It
	// knows better itself; others may think an agent silent for so much longer.
	refreshSend = 5 * time.Minute
	refreshCall = time.Minute
	refreshWait = 45 * time.Second
)

// seenItem is what is known of an agent's presence.
type seenItem struct {
	V       int   `json:"v"`
	AtMs    int64 `json:"at"`              // the last call
	Used    bool  `json:"used,omitempty"`  // the token has been used since the join
	UntilMs int64 `json:"until,omitempty"` // the end of its wait
	Head    int64 `json:"head,omitempty"`  // the last event when the wait began
	BackMs  int64 `json:"back,omitempty"`  // when it said it would be back
}

func (s seenItem) at() time.Time    { return time.UnixMilli(s.AtMs) }
func (s seenItem) until() time.Time { return time.UnixMilli(s.UntilMs) }
func (s seenItem) back() time.Time  { return time.UnixMilli(s.BackMs) }

// silentFrom is when the agent's silence begins: at its last call, the end of
// its wait or its announced return.
func (s seenItem) silentFrom() time.Time {
	return latest(s.at(), s.until(), s.back())
}

// leaseEnd is when an agent with this role and presence may lose its seat.
func (s seenItem) leaseEnd(role Role) time.Time {
	switch {
	case role == Admin:
		return s.silentFrom().Add(adminLease)
	case !s.Used:
		return s.silentFrom().Add(unusedLease)
	}
	return s.silentFrom().Add(lease)
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

func putSeen(id string, a agent, s seenItem) table.Op {
	s.V = version
	return table.Put(table.Item{Key: seenKey(id, a.Seat), Expires: ceilSecond(s.leaseEnd(a.Role)), Data: encode(s)}, table.Always)
}

// ceilSecond rounds up to whole seconds, the grain of an expiry.
func ceilSecond(t time.Time) time.Time {
	return t.Add(time.Second - 1).Truncate(time.Second)
}

// memo is what this process remembers of a seat beside the log.
type memo struct {
	seen    seenItem  // as last heard here
	seenAt  time.Time // when it was last written here
	seenEnd time.Time // and until when what was written keeps the seat
	place   *place    // as last read or written here
	placeAt time.Time // when it was last written here
	shown   int64     // up to here a call with a cursor was given it

	// giving is held from the moment at which a call without a cursor is sure to
	// be the newest of its seat until what it hands out is noted. So the next one
	// begins behind it. It is taken before the room's locks.
	giving sync.Mutex
	over   int64 // when a wait that was open here was to end
}

// memo returns what is remembered of a seat. r.mu is held.
func (r *liveRoom) memo(seat int) *memo {
	if r.memos == nil {
		r.memos = map[int]*memo{}
	}
	m := r.memos[seat]
	if m == nil {
		m = &memo{}
		r.memos[seat] = m
	}
	return m
}

// touch notes the presence of a, and writes it unless what this process wrote is
// less than fresh behind. A failure is logged and not returned: what the call was
// for has happened.
func (r *liveRoom) touch(ctx context.Context, a agent, s seenItem, fresh time.Duration) {
	now := r.svc.now()
	s.AtMs, s.Used = now.UnixMilli(), true
	r.mu.Lock()
	m := r.memo(a.Seat)
	if _, open := r.waits[a.Seat]; open && s.UntilMs == 0 {
		s.UntilMs, s.Head = m.seen.UntilMs, m.seen.Head
	}
	end := s.leaseEnd(a.Role)
	due := now.Sub(m.seenAt) >= fresh || end.Sub(m.seenEnd) >= fresh || s.BackMs != m.seen.BackMs
	if m.seen = s; due {
		m.seenAt, m.seenEnd = now, end
	}
	r.mu.Unlock()
	if !due {
		return
	}
	if err := r.svc.table.Write(ctx, putSeen(r.id, a, s)); err != nil {
		r.mu.Lock()
		m.seenAt = time.Time{}
		r.mu.Unlock()
		if ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "presence not written", "error", err)
		}
	}
}

// glance is touch for a call that does not say that the agent is back: an absence
// that it has announced goes on.
func (r *liveRoom) glance(ctx context.Context, a agent) {
	r.mu.Lock()
	m := r.memo(a.Seat)
	known, s := !m.seenAt.IsZero(), m.seen
	r.mu.Unlock()
	if !known { // it may have been announced to another process
		item, err := r.svc.table.Get(ctx, seenKey(r.id, a.Seat), table.Strong)
		if err == nil {
			err = decode(item, &s)
		}
		if err != nil && !errors.Is(err, table.ErrNotFound) && ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "presence not read", "error", err)
		}
	}
	back := seenItem{BackMs: s.BackMs}
	if !r.svc.now().Before(back.back()) {
		back.BackMs = 0
	}
	r.touch(ctx, a, back, refreshCall)
}

// presence reads the presence of all agents of the room, by seat. What this
// process has heard later counts.
func (r *liveRoom) presence(ctx context.Context, c table.Consistency) (map[int]seenItem, error) {
	page, err := r.svc.table.Query(ctx, table.Range{
		Partition: roomPartition(r.id), Prefix: seenPrefix, Limit: table.MaxLimit, Consistency: c,
	})
	if err != nil {
		return nil, err
	}
	all := make(map[int]seenItem, len(page.Items))
	for _, item := range page.Items {
		var s seenItem
		if err := decode(item, &s); err != nil {
			return nil, err
		}
		seat, err := seatOfKey(item.Key)
		if err != nil {
			return nil, err
		}
		all[seat] = s
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for seat, m := range r.memos {
		if m.seen.AtMs > all[seat].AtMs {
			all[seat] = m.seen
		}
	}
	return all, nil
}

// caller is an agent whose token was accepted.
type caller struct {
	token agentToken
	room  *liveRoom // to be given back with done
	fold  *fold
	agent agent
}

// enter accepts a token on what is known of its room, which may lie behind the
// log; a refusal is always of the present. The caller's room must be given back.
func (s *Service) enter(ctx context.Context, token string) (*caller, error) {
	return s.accept(ctx, token, (*liveRoom).warm)
}

// enterNow accepts a token on the room as it is now.
func (s *Service) enterNow(ctx context.Context, token string) (*caller, error) {
	began := s.now()
	return s.accept(ctx, token, func(r *liveRoom, ctx context.Context) (*fold, error) { return r.current(ctx, began) })
}

func (s *Service) accept(ctx context.Context, token string, read func(*liveRoom, context.Context) (*fold, error)) (*caller, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	began := s.now()
	r := s.room(t.room)
	f, err := read(r, ctx)
	if err == nil {
		if a, ok := owner(f, t); ok && !f.dead(began) {
			return &caller{token: t, room: r, fold: f, agent: a}, nil
		}
		if f, err = r.current(ctx, began); err == nil {
			if a, ok := owner(f, t); ok && !f.dead(began) {
				return &caller{token: t, room: r, fold: f, agent: a}, nil
			}
			err = s.whyNot(ctx, f, t)
		}
	}
	r.done()
	return nil, err
}

// owner returns the agent that t belongs to.
func owner(f *fold, t agentToken) (agent, bool) {
	a, ok := f.seated(t.seat)
	return a, ok && sameSecret(t.secret, a.Hash)
}

// whyNot says why a token is not accepted.
func (s *Service) whyNot(ctx context.Context, f *fold, t agentToken) error {
	a, there := f.seated(t.seat)
	switch {
	case t.seat < 1, t.seat >= f.nextSeat, there && !sameSecret(t.secret, a.Hash):
		return refuse(TokenInvalid, "agent_token is not one that this room gave out. Use the one that join_room or create_room gave you; if you have lost it, call join_room with room and agent_name.")
	case there, !f.ended && f.dead(s.now()):
		return errNoRoom // the room has died under its agents
	}
	item, err := s.table.Get(ctx, goneKey(t.room, t.seat), table.Strong)
	if err != nil && !errors.Is(err, table.ErrNotFound) {
		return err
	}
	gone := goneItem{Reason: ReasonLeft}
	if err == nil {
		if err := decode(item, &gone); err != nil {
			return err
		}
	}
	return removedError(gone.Reason)
}

// removedError is what a call with the token of a former seat gets.
func removedError(why Reason) *Error {
	switch why {
	case ReasonTimeout:
		return refuse(Removed, "Your seat was given to another agent, since nothing was heard from you for too long. Call join_room with room and agent_name to take a new one.")
	case ReasonReplaced:
		return refuse(Removed, "An agent with your name joined again after you had been silent, and has your seat now. If that was you, use the newer agent_token; if not, call join_room with another agent_name.")
	case ReasonKicked:
		return refuse(Removed, "An admin has taken your seat in this room. You may call join_room with room and agent_name for a new one, unless your user says otherwise.")
	case ReasonBanned:
		return refuse(Removed, "An admin has taken your seat and keeps you out of this room. Do not try to come back under another name: tell your user.")
	}
	return refuse(Removed, "You have left this room; this agent_token is used up. Call join_room with room and agent_name to come back.")
}

// agents returns the agents as the seat you sees them, by their presence.
func (r *liveRoom) agents(f *fold, you int, seen map[int]seenItem) []Agent {
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Agent, 0, len(f.agents))
	for _, a := range f.agents {
		v := Agent{Name: a.Name, Role: a.Role, You: a.Seat == you, State: Silent}
		s, ok := seen[a.Seat]
		if !ok {
			s.AtMs = a.AtMs
		}
		if u, spoke := find(f.spoken, a.Seat); spoke && u.at.After(s.at()) {
			s.AtMs = u.at.UnixMilli()
		}
		v.Idle = max(0, now.Sub(s.at()))
		_, open := r.waits[a.Seat]
		if m := r.memos[a.Seat]; m != nil && m.over == s.UntilMs {
			s.UntilMs = 0 // it waited here, and was answered or gave up
		}
		switch {
		case a.Seat == you:
			v.Idle = 0
		case open, now.Before(s.until()) && f.newestOfOthers(a.Seat) <= s.Head:
			v.State = Waiting
		case now.Before(s.back()):
			v.State, v.BackIn = Away, s.back().Sub(now)
		}
		out = append(out, v)
	}
	return out
}

// view returns the room as the seat you sees it.
func (r *liveRoom) view(ctx context.Context, f *fold, you int) (Room, error) {
	var seen map[int]seenItem
	if len(f.agents) > 1 || len(f.agents) == 1 && f.agents[0].Seat != you {
		var err error
		if seen, err = r.presence(ctx, table.Eventual); err != nil {
			return Room{}, err
		}
	}
	return Room{
		Name: f.Name, Description: f.Description, Type: f.Type, Capacity: f.Capacity, Public: f.Public,
		PasswordProtected: f.Password != "", Agents: r.agents(f, you, seen),
	}, nil
}

// others counts the agents beside seat.
func others(f *fold, seat int) int {
	if _, here := f.seated(seat); here {
		return len(f.agents) - 1
	}
	return len(f.agents)
}
