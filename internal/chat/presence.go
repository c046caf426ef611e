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

	// Whoever was paired waits for a stranger, and not for long. See vigil.go.
	pairLease     = 5*time.Minute + refreshPair  // after the last call, the end of a wait or an announced return
	pairAwayLease = 10*time.Minute + refreshPair // but not longer after the first two

	// A name's own ghost is replaced when its token has not been used so long
	// after its join: the reply of that join was lost.
	ghostUnused = 20 * time.Second
	// Or after so much silence, with no wait open and no announced absence.
	ghostSilent = 2 * time.Minute

	// How far what this process wrote of a seat's presence may fall behind. It
	// knows better itself; others may think an agent silent for so much longer.
	refreshSend = 5 * time.Minute
	refreshCall = time.Minute
	refreshPair = 15 * time.Second // in a room that the queue has made, by which nobody loses a seat there too soon

	// An agent whose wait was over so shortly ago is taken to be about to wait
	// again, as far as another process knows; and a program that stands by, always.
	betweenWaits = 15 * time.Second

	activityLife = time.Hour        // what an agent says it is doing is shown for so long
	activityGood = 30 * time.Minute // and written anew when that was so long ago
)

// seenItem is what is known of an agent's presence.
type seenItem struct {
	V       int   `json:"v"`
	AtMs    int64 `json:"at"`              // the last call
	Used    bool  `json:"used,omitempty"`  // the token has been used since the join
	UntilMs int64 `json:"until,omitempty"` // the end of its wait
	Head    int64 `json:"head,omitempty"`  // the last event when the wait began
	Standby bool  `json:"by,omitempty"`    // a program waits in its place
	ForMe   bool  `json:"me,omitempty"`    // it is not to be woken by all
	BackMs  int64 `json:"back,omitempty"`  // when it said it would be back
	HoldS   int   `json:"hold,omitempty"`  // how many seconds its client holds a wait; 0: not known

	activity string // of an item of its own
}

// activityItem is what an agent says that it is doing. It lies beside SEEN, so that
// one query brings both.
type activityItem struct {
	V    int    `json:"v"`
	Text string `json:"text"`
}

func (s seenItem) at() time.Time    { return time.UnixMilli(s.AtMs) }
func (s seenItem) until() time.Time { return time.UnixMilli(s.UntilMs) }
func (s seenItem) back() time.Time  { return time.UnixMilli(s.BackMs) }

// silentFrom is when the agent's silence begins: at its last call, the end of
// its wait or its announced return.
func (s seenItem) silentFrom() time.Time {
	return latest(s.at(), s.until(), s.back())
}

// leaseEnd is when an agent with this role and presence may lose its seat in the room.
func (in *settings) leaseEnd(role Role, s seenItem) time.Time {
	switch {
	case in.Paired:
		spoke := latest(s.at(), s.until())
		return earliest(s.silentFrom().Add(pairLease), spoke.Add(pairAwayLease))
	case role == Admin:
		return s.silentFrom().Add(adminLease)
	case !s.Used:
		return s.silentFrom().Add(unusedLease)
	}
	return s.silentFrom().Add(lease)
}

func latest(times ...time.Time) time.Time   { return slices.MaxFunc(times, time.Time.Compare) }
func earliest(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }

func putSeen(f *fold, a agent, s seenItem) table.Op {
	s.V = version
	return table.Put(table.Item{Key: seenKey(f.id, a.Seat), Expires: ceilSecond(f.leaseEnd(a.Role, s)), Data: encode(s)}, table.Always)
}

// ceilSecond rounds up to whole seconds, the grain of an expiry.
func ceilSecond(t time.Time) time.Time {
	return t.Add(time.Second - 1).Truncate(time.Second)
}

// memo is what this process remembers of a seat beside the log.
type memo struct {
	seen     seenItem  // as last heard here
	seenAt   time.Time // when it was last written here
	seenWait bool      // and whether it was written that the agent waits
	place    *place    // as last read or written here
	placeAt  time.Time // when it was last written here
	shown    int64     // up to here a call with a cursor was given it

	// giving is held from the moment at which a call without a cursor is sure to
	// be the newest of its seat until what it hands out is noted. So the next one
	// begins behind it. It is taken before the room's locks.
	giving sync.Mutex
	over   int64 // when a wait that was open here was to end

	hold     time.Duration // how long its client holds a wait, as far as is known; 0: UsualHold
	held     time.Duration // the last wait was held so long, if its answer has arrived
	activity string
	activeAt time.Time // when activity was last written here
	company  [16]byte  // of who was there, as it was last told; zero: not known
	lookedAt time.Time // when that was last read for a quiet result
	pace     *pace     // nil: it has said nothing here that is limited
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
// less than fresh behind. Then it says when that is over; else it returns the zero
// time. A failure is logged and not returned: what the call was for has happened.
func (r *liveRoom) touch(ctx context.Context, a agent, s seenItem, fresh time.Duration) (due time.Time) {
	now := r.svc.now()
	s.AtMs, s.Used = now.UnixMilli(), true
	r.mu.Lock()
	if x, here := r.fold.seated(a.Seat); here {
		a = x // with the role that it has now, on which its lease depends
	}
	if r.fold.Paired {
		fresh = min(fresh, refreshPair)
	}
	m := r.memo(a.Seat)
	if _, open := r.waits[a.Seat]; open && s.UntilMs == 0 {
		s.UntilMs, s.Head, s.Standby, s.ForMe = m.seen.UntilMs, m.seen.Head, m.seen.Standby, m.seen.ForMe
	}
	s.HoldS = seconds(m.hold)
	written, known := m.seenAt, m.seen
	m.seen = s
	begins := s.UntilMs != 0 && !m.seenWait // as far as others know
	if now.Sub(written) < fresh && s.BackMs == known.BackMs && s.Standby == known.Standby && !begins {
		r.mu.Unlock()
		return written.Add(fresh)
	}
	m.seenAt, m.seenWait = now, s.UntilMs != 0
	r.mu.Unlock()
	r.writeSeen(ctx, a, s)
	return time.Time{}
}

func (r *liveRoom) writeSeen(ctx context.Context, a agent, s seenItem) {
	err := r.svc.table.Write(ctx, putSeen(r.known(), a, s))
	if err == nil {
		return
	}
	r.mu.Lock()
	r.memo(a.Seat).seenAt = time.Time{}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "presence not written", "error", err)
	}
}

// retouch writes the presence of an agent that waits, when that is due.
func (r *liveRoom) retouch(ctx context.Context, a agent) {
	r.mu.Lock()
	m := r.memo(a.Seat)
	m.seenAt, m.seenWait = r.svc.now(), true
	s := m.seen
	r.mu.Unlock()
	r.writeSeen(ctx, a, s)
}

// act notes what a says that it is doing.
func (r *liveRoom) act(ctx context.Context, a agent, activity string) {
	now := r.svc.now()
	r.mu.Lock()
	m := r.memo(a.Seat)
	stale := m.activity != activity || now.Sub(m.activeAt) >= activityGood
	r.mu.Unlock()
	if !stale {
		return
	}
	err := r.svc.table.Write(ctx, table.Put(table.Item{
		Key: activityKey(r.id, a.Seat), Expires: now.Add(activityLife), Data: encode(activityItem{V: version, Text: activity}),
	}, table.Always))
	if err != nil {
		if ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "activity not written", "error", err)
		}
		return
	}
	r.mu.Lock()
	m.activity, m.activeAt = activity, now
	r.mu.Unlock()
}

// glance is touch for a call that does not say that the agent is back: an absence
// that it has announced goes on.
func (r *liveRoom) glance(ctx context.Context, a agent) {
	r.mu.Lock()
	m := r.memo(a.Seat)
	known, s := !m.seenAt.IsZero(), m.seen
	r.mu.Unlock()
	if !known { // it may have been announced to another process
		s = r.readSeen(ctx, a)
	}
	back := seenItem{BackMs: s.BackMs}
	if !r.svc.now().Before(back.back()) {
		back.BackMs = 0
	}
	r.touch(ctx, a, back, refreshCall)
}

// readSeen returns the presence of a as the table has it.
func (r *liveRoom) readSeen(ctx context.Context, a agent) (s seenItem) {
	item, err := r.svc.table.Get(ctx, seenKey(r.id, a.Seat), table.Strong)
	if err == nil {
		err = decode(item, &s)
	}
	if err != nil && !errors.Is(err, table.ErrNotFound) && ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "presence not read", "error", err)
	}
	return s
}

// presence reads the presence of all agents of the room, by seat. What this
// process has heard later counts.
func (r *liveRoom) presence(ctx context.Context, c table.Consistency) (map[int]seenItem, error) {
	all, active := map[int]seenItem{}, map[int]string{}
	where := table.Range{Partition: roomPartition(r.id), Prefix: seenPrefix, Limit: table.MaxLimit, Consistency: c}
	for more := true; more; {
		page, err := r.svc.table.Query(ctx, where)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if err := addPresence(item, all, active); err != nil {
				return nil, err
			}
			where.After = item.Key.Sort
		}
		more = page.More && len(page.Items) > 0
	}
	r.mu.Lock()
	for seat, m := range r.memos {
		if m.seen.AtMs > all[seat].AtMs {
			all[seat] = m.seen
		}
	}
	r.mu.Unlock()
	for seat, text := range active {
		if s, here := all[seat]; here {
			s.activity = text
			all[seat] = s
		}
	}
	return all, nil
}

func addPresence(item table.Item, all map[int]seenItem, active map[int]string) error {
	seat, isActivity, err := seatOfKey(item.Key)
	if err != nil {
		return err
	}
	if isActivity {
		var a activityItem
		err = decode(item, &a)
		active[seat] = a.Text
		return err
	}
	var s seenItem
	err = decode(item, &s)
	all[seat] = s
	return err
}

// agents returns the agents as the seat you sees them, by their presence.
func (r *liveRoom) agents(f *fold, you int, seen map[int]seenItem) []Agent {
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Agent, 0, len(f.agents))
	for _, a := range f.agents {
		s, ok := seen[a.Seat]
		if m := r.memos[a.Seat]; !ok && a.Seat == you && m != nil {
			s = m.seen // whoever is alone is not looked for in the table
		}
		if !ok {
			s.AtMs = max(s.AtMs, a.AtMs)
		}
		if u, spoke := find(f.spoken, a.Seat); spoke && u.at.After(s.at()) {
			s.AtMs, s.BackMs = u.at.UnixMilli(), 0 // who speaks is back
		}
		v := Agent{Name: a.Name, Role: a.Role, Muted: a.Muted, You: a.Seat == you, Activity: s.activity}
		v.Idle, v.State = max(0, now.Sub(s.at())), r.state(f, a, s, now)
		if v.You { // it reads this
			v.Idle, v.State = 0, Waiting
			if now.Before(s.back()) {
				v.State = Away
			}
		}
		if v.State == Away {
			v.BackIn = s.back().Sub(now)
		}
		out = append(out, v)
	}
	return out
}

// state is what an agent with this presence is doing. r.mu is held.
func (r *liveRoom) state(f *fold, a agent, s seenItem, now time.Time) State {
	if w, open := r.waits[a.Seat]; open {
		return w.state()
	}
	m := r.memos[a.Seat]
	here := m != nil && m.over == s.UntilMs // it waited here, and was answered or gave up
	soon := now.Before(s.until().Add(betweenWaits))
	switch {
	case s.Standby && soon:
		return Standby
	case !here && soon && (s.ForMe || f.calledAt(a.Seat) <= s.Head):
		return Waiting
	case now.Before(s.back()):
		return Away
	}
	return Silent
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
