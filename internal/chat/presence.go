package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// A seat's presence is its lease: the item expires when the lease ends. Writing it
// costs, so it may lag behind. This process knows better itself, and others think
// the agent silent for so much longer.
const (
	sendFresh = 5 * time.Minute // how far a send lets it lag
	callFresh = time.Minute     // how far any other call does

	activityLife  = time.Hour        // an activity is shown for so long
	activityFresh = 30 * time.Minute // and written again after so long
)

// activityItem stores what an agent says it is doing.
type activityItem struct {
	V    int    `json:"v"`
	Text string `json:"text"`
}

// PutPresence returns the op that stores the presence of a until its lease ends.
func PutPresence(s *room.State, a room.Agent, p room.Presence) table.Op {
	p.V = room.Version
	return table.Put(table.Item{
		Key: roomlog.PresenceKey(s.ID, a.Seat), Expires: room.CeilSecond(s.LeaseEnd(a.Role, p)), Data: roomlog.Encode(p),
	}, table.Always)
}

// renewLease notes the caller's presence. It writes it unless what this process
// wrote lags by less than fresh; then it returns when that is over, else the zero
// time. It logs a failure and does not return it: what the call was for has
// happened.
func (c *caller) renewLease(ctx context.Context, p room.Presence, fresh time.Duration) (due time.Time) {
	r := c.room
	now, h := r.svc.now(), r.log.Known()
	p.AtMs, p.Used = now.UnixMilli(), true
	if a, here := h.Seated(c.agent.Seat); here {
		c.agent = a // with its present role, on which its lease depends
	}
	if h.Paired {
		fresh = min(fresh, room.PairRefresh)
	}
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	if _, open := r.waits[c.agent.Seat]; open && p.UntilMs == 0 {
		p.UntilMs, p.Head, p.Standby, p.ForMe = m.presence.UntilMs, m.presence.Head, m.presence.Standby, m.presence.ForMe
	}
	written, known := m.presenceAt, m.presence
	m.presence = p
	begins := p.UntilMs != 0 && !m.waitWritten // others do not know yet that it waits
	if now.Sub(written) < fresh && p.BackMs == known.BackMs && p.Standby == known.Standby && !begins {
		r.mu.Unlock()
		return written.Add(fresh)
	}
	m.presenceAt, m.waitWritten = now, p.UntilMs != 0
	r.mu.Unlock()
	c.writePresence(ctx, p)
	return time.Time{}
}

func (c *caller) writePresence(ctx context.Context, p room.Presence) {
	r := c.room
	err := r.svc.table.Write(ctx, PutPresence(&r.log.Known().State, c.agent, p))
	if err == nil {
		return
	}
	r.mu.Lock()
	r.cached(c.agent.Seat).presenceAt = time.Time{}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.svc.log.WarnContext(ctx, "presence not written", "error", err)
	}
}

// rewritePresence writes the presence of a caller that waits, when that is due.
func (c *caller) rewritePresence(ctx context.Context) {
	r := c.room
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	m.presenceAt, m.waitWritten = r.svc.now(), true
	p := m.presence
	r.mu.Unlock()
	c.writePresence(ctx, p)
}

// noteCall renews the lease for a call that does not say that the agent is back:
// an announced absence continues.
func (c *caller) noteCall(ctx context.Context) {
	r := c.room
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	known, p := !m.presenceAt.IsZero(), m.presence
	r.mu.Unlock()
	if !known { // it may have been announced to another process
		p = c.readPresence(ctx)
	}
	back := room.Presence{BackMs: p.BackMs}
	if !r.svc.now().Before(back.BackAt()) {
		back.BackMs = 0
	}
	c.renewLease(ctx, back, callFresh)
}

// readPresence returns the caller's stored presence; zero if there is none.
func (c *caller) readPresence(ctx context.Context) (p room.Presence) {
	item, err := c.room.svc.table.Get(ctx, roomlog.PresenceKey(c.room.log.ID(), c.agent.Seat), table.Strong)
	if err == nil {
		err = roomlog.Decode(item, &p)
	}
	if err != nil && !errors.Is(err, table.ErrNotFound) && ctx.Err() == nil {
		c.room.svc.log.WarnContext(ctx, "presence not read", "error", err)
	}
	return p
}

// setActivity stores what the caller says it is doing.
func (c *caller) setActivity(ctx context.Context, activity string) {
	r := c.room
	now := r.svc.now()
	r.mu.Lock()
	m := r.cached(c.agent.Seat)
	stale := m.activity != activity || now.Sub(m.activityAt) >= activityFresh
	r.mu.Unlock()
	if !stale {
		return
	}
	err := r.svc.table.Write(ctx, table.Put(table.Item{
		Key: roomlog.ActivityKey(r.log.ID(), c.agent.Seat), Expires: now.Add(activityLife),
		Data: roomlog.Encode(activityItem{V: room.Version, Text: activity}),
	}, table.Always))
	if err != nil {
		if ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "activity not written", "error", err)
		}
		return
	}
	r.mu.Lock()
	m.activity, m.activityAt = activity, now
	r.mu.Unlock()
}

// presence returns the presence of every seat: the stored one, or what this process
// has heard since.
func (r *liveRoom) presence(ctx context.Context, c table.Consistency) (map[int]room.Presence, error) {
	all, activities := map[int]room.Presence{}, map[int]string{}
	where := roomlog.PresenceRange(r.log.ID())
	where.Consistency = c
	for more := true; more; {
		page, err := r.svc.table.Query(ctx, where)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if err := addPresence(item, all, activities); err != nil {
				return nil, err
			}
			where.After = item.Key.Sort
		}
		more = page.More && len(page.Items) > 0
	}
	r.mu.Lock()
	for seat, m := range r.seats {
		if m.presence.AtMs > all[seat].AtMs {
			all[seat] = m.presence
		}
	}
	r.mu.Unlock()
	for seat, text := range activities {
		if p, here := all[seat]; here {
			p.Activity = text
			all[seat] = p
		}
	}
	return all, nil
}

func addPresence(item table.Item, all map[int]room.Presence, activities map[int]string) error {
	seat, isActivity, err := roomlog.SeatOf(item.Key)
	if err != nil {
		return err
	}
	if isActivity {
		var a activityItem
		err = roomlog.Decode(item, &a)
		activities[seat] = a.Text
		return err
	}
	var p room.Presence
	err = roomlog.Decode(item, &p)
	all[seat] = p
	return err
}
