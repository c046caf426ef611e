package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// When every agent that may speak and is not done waits, nobody ever would speak.
// So after turnAfter without an event exactly one of them is given the turn, once
// in each silence: the item TURN#<head> is put if absent.
//
// room.NextSpeaker decides whose turn it is, the same in every process. The process
// in which that agent waits gives it the turn.
const (
	turnAfter = 3 * time.Second
	// turnLookMost bounds how long a process waits before it looks again whether
	// agents wait in other processes. The time doubles with each look.
	turnLookMost = 30 * time.Second
)

// turnItem stores that a turn was given.
type turnItem struct {
	V  int    `json:"v"`
	ID string `json:"id"` // random; the writer recognizes its own item by it
}

// OnAdvance implements roomlog.Observer: an event ends the silence, and a seat that
// is freed leaves the cache.
func (r *liveRoom) OnAdvance(_ *room.Head, events []room.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if e.Type == room.Left {
			delete(r.seats, e.Seat)
		}
	}
	if len(r.waits) > 0 {
		r.startSilence()
	}
}

// startSilence starts a silence over: an event happened, or an agent began to wait.
// r.mu is held.
func (r *liveRoom) startSilence() {
	r.endSilence()
	if h := r.log.Known(); h != nil && r.turnPossible(h) {
		r.lookAfter(h.AsOf, turnAfter)
	}
}

// endSilence ends the silence, if there is one. r.mu is held.
func (r *liveRoom) endSilence() {
	if r.silence != nil {
		r.silence.timer.Stop()
		r.silence = nil
	}
}

// lookAfter looks whose turn it is after d, unless an event happens. r.mu is held.
func (r *liveRoom) lookAfter(head int64, d time.Duration) {
	s := &silence{head: head}
	r.silence = s
	s.timer = r.svc.clock.AfterFunc(d, func() { r.giveTurn(s, d) })
}

// turnPossible reports whether an agent that waits here may be given the turn, as
// far as this process can tell without a read. r.mu is held.
func (r *liveRoom) turnPossible(h *room.Head) bool {
	if h.Closed || r.turned == h.AsOf || len(h.Agents) < 2 {
		return false
	}
	if r.svc.opts.SingleProcess {
		return !slices.ContainsFunc(h.Agents, func(a room.Agent) bool { return r.isAbsent(h, a) }) && r.waits[h.NextSpeaker(r.standsBy)] != nil
	}
	mayStandBy := func(seat int) bool { return r.waits[seat] == nil || r.standsBy(seat) } // here or elsewhere
	return r.waits[h.NextSpeaker(mayStandBy)] != nil
}

// standsBy reports whether a program waits here for the agent of a seat. r.mu is
// held.
func (r *liveRoom) standsBy(seat int) bool {
	w := r.waits[seat]
	return w != nil && w.standby
}

// isAbsent reports whether a may speak, is not done, and does not wait here. r.mu is
// held.
func (r *liveRoom) isAbsent(h *room.Head, a room.Agent) bool {
	return r.waits[a.Seat] == nil && !h.Silenced(a) && !a.Done
}

// absent returns every agent for which isAbsent is true.
func (r *liveRoom) absent(h *room.Head) []room.Agent {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []room.Agent
	for _, a := range h.Agents {
		if r.isAbsent(h, a) {
			out = append(out, a)
		}
	}
	return out
}

// giveTurn lets the agent whose turn it is try to take it, if it waits here. The
// silence s has lasted long enough, provided that every agent waits.
func (r *liveRoom) giveTurn(s *silence, after time.Duration) {
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	h, err := r.withLastMessage(ctx)
	if err != nil {
		r.svc.log.Warn("the last speaker could not be read", "error", err)
	}
	absent := r.absent(h)
	standbyElsewhere := map[int]bool{}
	all := len(absent) == 0
	if !all && !r.svc.opts.SingleProcess {
		all = r.waitElsewhere(ctx, h, absent, standbyElsewhere)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log.Known().AsOf != s.head || r.silence != s {
		return
	}
	w := r.waits[h.NextSpeaker(func(seat int) bool { return standbyElsewhere[seat] || r.standsBy(seat) })]
	switch {
	case all && w != nil:
		select {
		case <-w.turn: // of an earlier silence
		default:
		}
		w.turn <- s.head // does not block: only this function sends, under r.mu
	case !r.svc.opts.SingleProcess && len(r.waits) > 0:
		r.lookAfter(s.head, min(2*after, turnLookMost))
	}
}

// withLastMessage returns the head with the last public message in its index,
// however far back that is: every process must decide on the same one.
func (r *liveRoom) withLastMessage(ctx context.Context) (*room.Head, error) {
	var err error
	if n, _ := r.log.Known().Recent.LastMessage(); n == 0 && !r.svc.opts.SingleProcess {
		err = r.log.Recall(ctx, time.Time{})
	}
	return r.log.Known(), err
}

// waitElsewhere reports whether all these agents wait in other processes, and adds
// to standby the seats for which a program waits.
func (r *liveRoom) waitElsewhere(ctx context.Context, h *room.Head, agents []room.Agent, standby map[int]bool) bool {
	presence, err := r.presence(ctx, table.Eventual)
	if err != nil {
		r.svc.log.Warn("presence not read", "error", err)
		return false
	}
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range agents {
		p := presence[a.Seat]
		switch r.stateOf(h, a, p, now) {
		case Standby:
			standby[a.Seat] = true
		case Waiting:
			if !now.Before(p.WaitsUntil()) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// claimTurn takes the turn in the silence after event head for the caller. It
// returns false if an event has happened since, or another agent has the turn.
func (c *caller) claimTurn(ctx context.Context, head int64) (bool, error) {
	r := c.room
	h, err := r.log.Current(ctx, r.svc.now())
	if err != nil || h.AsOf != head {
		return false, err
	}
	id, taken := ident.NewEventID(), false
	err = r.svc.table.Write(ctx, table.Put(table.Item{
		Key: roomlog.TurnKey(r.log.ID(), head), Expires: r.svc.now().Add(room.Life),
		Data: roomlog.Encode(turnItem{V: room.Version, ID: id}),
	}, table.IfAbsent))
	var conflict *table.ConflictError
	switch {
	case err == nil:
	case errors.As(err, &conflict):
		taken = !isOwnTurn(conflict, id)
	default:
		if ctx.Err() == nil {
			r.svc.log.WarnContext(ctx, "a turn was not given", "error", err)
		}
		return false, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turned = max(r.turned, head)
	return !taken, nil
}

// isOwnTurn reports whether the item in the way is the writer's own.
func isOwnTurn(c *table.ConflictError, id string) bool {
	if len(c.Conflicts) == 0 || c.Conflicts[0].Item == nil {
		return false
	}
	var t turnItem
	return roomlog.Decode(*c.Conflicts[0].Item, &t) == nil && t.ID == id
}
