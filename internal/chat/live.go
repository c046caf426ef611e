package chat

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// liveRoom is a room as this process knows it: the fold of its log, the last
// few events, who appends and who waits.
//
// Lock order: reading is taken before mu. mu is never held over a call of the
// table.
type liveRoom struct {
	id  string
	svc *Service

	reading sync.Mutex // one reader of the log's head at a time; the others profit

	mu       sync.Mutex
	fold     *fold         // nil: not loaded
	verified time.Time     // fold was the head of the log at this time
	tail     []event       // the last events, without a gap, up to fold.asOf
	tailSize int           // bytes of text in tail
	changed  chan struct{} // closed and made anew whenever the fold advances
	queue    []*proposal   // appends that wait for their turn
	writing  bool          // a goroutine works the queue off
	waits    map[int]*openWait
	silence  *silence           // runs while all may be waiting for each other; nil: not so
	turned   int64              // somebody was told to speak in the silence after this event
	polling  context.CancelFunc // ends the polling; nil: nobody polls
	vigilAt  time.Time          // nobody's lease ends before, where two were paired
	memos    map[int]*memo
	users    int           // calls at work on the room; it is kept while there are any
	place    *list.Element // among the idle rooms
}

// How much of a room's tail is kept, so that a waiter is served without a read.
const (
	tailEvents = 128
	tailBytes  = 64 << 10
)

// staleAfter is when what is known of a room is not trusted as a base any more.
const staleAfter = time.Hour

// idleRooms are the rooms at which no call is at work, the longest idle first.
type idleRooms struct{ list.List }

// room returns the live room of id, to be given back with done. Whether there
// is such a room is found out by loading it.
func (s *Service) room(id string) *liveRoom {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[id]
	if r == nil {
		r = &liveRoom{id: id, svc: s, changed: make(chan struct{})}
		s.rooms[id] = r
	}
	if r.users++; r.place != nil {
		s.idle.Remove(r.place)
		r.place = nil
	}
	return r
}

// done gives r back. The rooms idle for the longest are forgotten when there
// are too many, and so is one that was never found.
func (r *liveRoom) done() {
	s := r.svc
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.users--; r.users > 0 {
		return
	}
	r.place = s.idle.PushBack(r)
	r.mu.Lock()
	unknown := r.fold == nil
	r.mu.Unlock()
	if unknown {
		s.forget(r)
	}
	for s.idle.Len() > s.opts.MaxRooms {
		s.forget(s.idle.Front().Value.(*liveRoom))
	}
}

// forget drops an idle room. s.mu is held.
func (s *Service) forget(r *liveRoom) {
	s.idle.Remove(r.place)
	delete(s.rooms, r.id)
}

// hold counts another user of r, for a goroutine that outlives the call.
func (r *liveRoom) hold() {
	r.svc.mu.Lock()
	r.users++
	r.svc.mu.Unlock()
}

// known returns the fold as it is, without a read; nil if it is not loaded.
func (r *liveRoom) known() *fold {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fold
}

// warm returns the fold, loading it if it is unknown or too old to build on.
// It may lie behind the log.
func (r *liveRoom) warm(ctx context.Context) (*fold, error) {
	r.mu.Lock()
	f, verified := r.fold, r.verified
	r.mu.Unlock()
	if f != nil && (r.svc.opts.Alone || r.svc.now().Sub(verified) < staleAfter) {
		return f, nil
	}
	return r.current(ctx, r.svc.now())
}

// current returns the fold as it was at the time since or later.
func (r *liveRoom) current(ctx context.Context, since time.Time) (*fold, error) {
	if f := r.currentIfKnown(since); f != nil {
		return f, nil
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	if f := r.currentIfKnown(since); f != nil { // another call has just read it
		return f, nil
	}
	began := r.svc.now()
	r.mu.Lock()
	f, verified := r.fold, r.verified
	r.mu.Unlock()
	if f == nil || began.Sub(verified) >= staleAfter {
		return r.load(ctx, began)
	}
	return r.follow(ctx, f, began)
}

// currentIfKnown returns the fold if it is known to have been the head of the
// log at the time since or later.
func (r *liveRoom) currentIfKnown(since time.Time) *fold {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fold == nil || (!r.svc.opts.Alone && !r.verified.After(since)) || r.verified.IsZero() {
		return nil
	}
	return r.fold
}

// doubt makes the next current read the log, after a write whose end is unknown.
func (r *liveRoom) doubt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verified = time.Time{}
}

// advance folds in what follows, skips what is known already, and wakes the
// waiters. Events must be in order and without a gap among themselves; those
// that do not reach up to the fold are left out. verified, unless zero, is a
// time at which the last of them, or the fold, was the head of the log.
func (r *liveRoom) advance(events []event, verified time.Time) (*fold, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.fold
	for _, e := range events {
		if e.n != f.asOf+1 {
			continue
		}
		next, err := f.apply(e)
		if err != nil {
			return nil, err
		}
		f = next
		r.note(e)
	}
	r.become(f, verified)
	return f, nil
}

// land is advance for a draft that was written: unless something else was folded
// in meanwhile, its fold is the new one.
func (r *liveRoom) land(d *draft, verified time.Time) error {
	r.mu.Lock()
	if r.fold != d.base {
		r.mu.Unlock()
		_, err := r.advance(d.events, verified)
		return err
	}
	defer r.mu.Unlock()
	for _, e := range d.events {
		r.note(e)
	}
	r.become(d.fold, verified)
	return nil
}

// note remembers what e brings beside the fold. r.mu is held.
func (r *liveRoom) note(e event) {
	r.keep(e)
	if e.Type == left {
		delete(r.memos, e.Seat)
	}
}

// become makes f the fold, which was the head at the time verified, and wakes the
// waiters if it is a new one. r.mu is held.
func (r *liveRoom) become(f *fold, verified time.Time) {
	if f != r.fold {
		r.fold = f
		close(r.changed)
		r.changed = make(chan struct{})
		if len(r.waits) > 0 {
			r.consider()
		}
	}
	if verified.After(r.verified) {
		r.verified = verified
	}
}

// replace sets the fold after a load, unless what is known is newer. tail holds
// the events up to it.
func (r *liveRoom) replace(f *fold, tail []event, verified time.Time) *fold {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fold != nil && r.fold.asOf > f.asOf {
		return r.fold
	}
	r.fold, r.verified, r.tail, r.tailSize = f, verified, nil, 0
	for _, e := range tail {
		r.keep(e)
	}
	close(r.changed)
	r.changed = make(chan struct{})
	if len(r.waits) > 0 {
		r.consider()
	}
	return f
}

// keep adds e to the tail. r.mu is held.
func (r *liveRoom) keep(e event) {
	if len(r.tail) > 0 && r.tail[len(r.tail)-1].n != e.n-1 {
		r.tail, r.tailSize = nil, 0
	}
	r.tail = append(r.tail, e)
	r.tailSize += len(e.Text)
	drop := 0
	for len(r.tail)-drop > 1 && (len(r.tail)-drop > tailEvents || r.tailSize > tailBytes) {
		r.tailSize -= len(r.tail[drop].Text)
		drop++
	}
	if drop > 0 {
		clear(r.tail[:drop])
		r.tail = r.tail[drop:]
	}
}
