package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
)

// Where all who may speak and are not done wait for each other, nobody ever would.
// So when nothing has happened for turnAfter, exactly one of them is told that it is
// its turn, once in each silence: the item TURN#<head> is put if it is absent.
//
// Whose turn it is follows from the fold and from who stands by, so that every
// process comes to the same answer; the one in which that agent waits tells it.
const (
	turnAfter = 3 * time.Second
	// Where somebody is not known to wait, it is looked again after twice as long
	// each time, up to this.
	turnLook = 30 * time.Second
)

// turnItem says that somebody was told to speak in a silence.
type turnItem struct {
	V  int    `json:"v"`
	ID string `json:"id"` // the writer's own, to know it again after a lost reply
}

// silence is the time since an event, in which all may be waiting for each other.
type silence struct {
	head  int64 // the event
	timer clockwork.Timer
}

// consider begins a silence anew: something has happened, or somebody begins to
// wait. r.mu is held.
func (r *liveRoom) consider() {
	r.endSilence()
	if f := r.fold; f != nil && r.turnPossible(f) {
		r.lookIn(f.asOf, turnAfter)
	}
}

// endSilence ends the silence, if there is one. r.mu is held.
func (r *liveRoom) endSilence() {
	if r.silence != nil {
		r.silence.timer.Stop()
		r.silence = nil
	}
}

// lookIn looks whose turn it is after d, unless something happens. r.mu is held.
func (r *liveRoom) lookIn(head int64, d time.Duration) {
	s := &silence{head: head}
	r.silence = s
	s.timer = r.svc.clock.AfterFunc(d, func() { r.giveTurn(s, d) })
}

// turnPossible reports whether somebody who waits here may be told to speak, as far
// as is known without asking the table. r.mu is held.
func (r *liveRoom) turnPossible(f *fold) bool {
	if f.closed || r.turned == f.asOf || len(f.agents) < 2 {
		return false
	}
	if r.svc.opts.Alone {
		return !slices.ContainsFunc(f.agents, func(a agent) bool { return r.isAbsent(f, a) }) && r.waits[f.turnOf(r.standsBy)] != nil
	}
	return r.waits[f.turnOf(r.mayStandBy)] != nil
}

// mayStandBy reports whether a program may be waiting in the place of an agent, here
// or elsewhere. r.mu is held.
func (r *liveRoom) mayStandBy(seat int) bool { return r.waits[seat] == nil || r.standsBy(seat) }

// standsBy reports whether a program waits here in the place of an agent. r.mu is
// held.
func (r *liveRoom) standsBy(seat int) bool {
	w := r.waits[seat]
	return w != nil && w.standby
}

// isAbsent reports whether a may speak, is not done and does not wait here. r.mu is
// held.
func (r *liveRoom) isAbsent(f *fold, a agent) bool {
	return r.waits[a.Seat] == nil && !f.listens(a) && !a.Done
}

// absent returns all of whom isAbsent is true. r.mu is held.
func (r *liveRoom) absent(f *fold) []agent {
	var out []agent
	for _, a := range f.agents {
		if r.isAbsent(f, a) {
			out = append(out, a)
		}
	}
	return out
}

// giveTurn lets the one whose turn it is, if it waits here, try to take it. The
// silence s has lasted long enough, if all wait.
func (r *liveRoom) giveTurn(s *silence, after time.Duration) {
	ctx, cancel := detached(context.Background())
	defer cancel()
	f, err := r.lastWord(ctx)
	if err != nil {
		r.svc.log.Warn("who spoke last could not be found out", "error", err)
	}
	r.mu.Lock()
	absent := r.absent(f)
	r.mu.Unlock()
	elsewhere := map[int]bool{} // who stands by there
	all := len(absent) == 0
	if !all && !r.svc.opts.Alone {
		all = r.waitElsewhere(ctx, f, absent, elsewhere)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fold.asOf != s.head || r.silence != s {
		return
	}
	w := r.waits[f.turnOf(func(seat int) bool { return elsewhere[seat] || r.standsBy(seat) })]
	switch {
	case all && w != nil:
		select {
		case <-w.turn: // of an earlier silence
		default:
		}
		w.turn <- s.head // nobody else sends
	case !r.svc.opts.Alone && len(r.waits) > 0:
		r.lookIn(s.head, min(2*after, turnLook))
	}
}

// lastWord returns the fold, with the last word that all could hear, however far back
// that lies: on it all processes must agree.
func (r *liveRoom) lastWord(ctx context.Context) (*fold, error) {
	var err error
	if !r.svc.opts.Alone && r.known().words.last.n == 0 {
		err = r.recall(ctx, time.Time{})
	}
	return r.known(), err
}

// waitElsewhere reports whether all these agents wait in other processes, and notes
// which of them stand by.
func (r *liveRoom) waitElsewhere(ctx context.Context, f *fold, agents []agent, standby map[int]bool) bool {
	seen, err := r.presence(ctx, table.Eventual)
	if err != nil {
		r.svc.log.Warn("presence not read", "error", err)
		return false
	}
	now := r.svc.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range agents {
		s := seen[a.Seat]
		switch r.state(f, a, s, now) {
		case Standby:
			standby[a.Seat] = true
		case Waiting:
			if !now.Before(s.until()) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// claimTurn takes the turn for the caller in the silence after event head, unless
// something has happened since, or it was taken.
func (c *caller) claimTurn(ctx context.Context, head int64) (bool, error) {
	r := c.room
	f, err := r.current(ctx, r.svc.now())
	if err != nil || f.asOf != head {
		return false, err
	}
	id, taken := newEventID(), false
	err = r.svc.table.Write(ctx, table.Put(table.Item{
		Key: turnKey(r.id, head), Expires: r.svc.now().Add(placeLife), Data: encode(turnItem{V: version, ID: id}),
	}, table.IfAbsent))
	var conflict *table.ConflictError
	switch {
	case err == nil:
	case errors.As(err, &conflict):
		taken = !wroteTurn(conflict, id)
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

// wroteTurn reports whether what was in the way is our own.
func wroteTurn(c *table.ConflictError, id string) bool {
	if len(c.Conflicts) == 0 || c.Conflicts[0].Item == nil {
		return false
	}
	var t turnItem
	return decode(*c.Conflicts[0].Item, &t) == nil && t.ID == id
}

// turnOf returns whose turn it is when all wait; 0: nobody's. It is whom the last
// word was for, if that was private; else whoever comes after the one who spoke it,
// round the room; and where nobody has spoken, the newcomer, or of two who were paired
// the one who has waited longer. Who may not speak, who stands by, who is done, and
// for whom the talk is over, is passed over.
func (f *fold) turnOf(standsBy func(seat int) bool) int {
	may := func(a agent) bool {
		return !f.listens(a) && !standsBy(a.Seat) && !a.Done && !f.endedFor(a)
	}
	speaker := f.words.last
	private := slices.Clone(f.words.private)
	slices.SortFunc(private, func(a, b trace) int { return cmp.Or(cmp.Compare(b.n, a.n), a.seat-b.seat) })
	for _, p := range private {
		if a, here := f.seated(p.seat); p.n > speaker.n && here && may(a) {
			return p.seat
		}
	}
	order := slices.Clone(f.agents)
	if i := slices.IndexFunc(order, func(a agent) bool { return a.Seat == speaker.seat }); i >= 0 {
		order = slices.Concat(order[i+1:], order[:i+1])
	} else if !f.Paired {
		slices.Reverse(order)
	}
	if i := slices.IndexFunc(order, may); i >= 0 {
		return order[i].Seat
	}
	return 0
}
