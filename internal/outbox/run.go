package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
)

// scanEvery is how often a process looks at all hooks: another may have ended before it made its calls.
const scanEvery = 5 * time.Minute

// lookAgain is when a look or a scan is repeated that failed because of the table, and a call for which this server had
// no place.
const lookAgain = 10 * time.Second

// place is a hook of a seat, or a seat whose hooks have to be found.
type place struct {
	room string // its id
	seat int
	hook string // its id; "" for a seat
}

// work is what is to be done at a place: a goroutine looks at it, or a timer runs until one has to. So there is one
// call of a hook at a time, and one that hangs holds up no other.
type work struct {
	looking bool
	again   bool // something has happened since the goroutine began to look
	timer   clockwork.Timer
}

// Notify says that seats of a room may have news. It does not block, and does nothing unless Run works, which looks at
// all hooks when it begins.
func (b *Box) Notify(room string, seats []int) {
	for _, seat := range seats {
		b.notify(place{room: room, seat: seat})
	}
}

func (b *Box) notify(at place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.run == nil {
		return
	}
	w := b.works[at]
	if w == nil {
		w = &work{}
		b.works[at] = w
	}
	if w.again = true; w.looking {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.looking = true
	ctx := b.run
	b.busy.Go(func() { b.attend(ctx, at, w) })
}

// attend looks at a place until nothing has happened meanwhile. It leaves a timer if there is a time to look again.
func (b *Box) attend(ctx context.Context, at place, w *work) {
	for {
		b.mu.Lock()
		w.again = false
		b.mu.Unlock()
		again, err := b.visit(ctx, at)
		if err != nil && ctx.Err() == nil {
			b.o.Logger.WarnContext(ctx, "a hook was not looked at", "room", table.Digest(at.room), "seat", at.seat,
				"hook", at.hook, "error", err)
			again = b.now().Add(lookAgain)
		}
		if b.rest(ctx, at, w, again) {
			return
		}
	}
}

// visit looks at a hook, or sees to it that those of a seat are looked at.
func (b *Box) visit(ctx context.Context, at place) (again time.Time, err error) {
	if at.hook != "" {
		return b.lookAt(ctx, at)
	}
	hooks, err := b.hooksOf(ctx, at)
	for _, k := range hooks {
		b.notify(k)
	}
	return time.Time{}, err
}

// rest ends the work at a place, until the time again if that is not zero. It returns false if something has happened
// there, which has to be looked at first.
func (b *Box) rest(ctx context.Context, at place, w *work, again time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.again && ctx.Err() == nil {
		return false
	}
	w.looking = false
	if again.IsZero() || ctx.Err() != nil {
		delete(b.works, at)
		return true
	}
	w.timer = b.o.Clock.AfterFunc(b.until(again), func() { b.notify(at) })
	return true
}

// until returns how long to wait for a time.
func (b *Box) until(again time.Time) time.Duration {
	wait := max(again.Sub(b.now()), 0)
	if b.o.Alone {
		return wait
	}
	return wait + rand.N(wait/8+time.Second) // other processes wait for the same time
}

// Run makes calls until ctx ends, and returns when the last one has. It first looks at all hooks, and then
// every five minutes.
func (b *Box) Run(ctx context.Context) {
	b.mu.Lock()
	b.run = ctx
	b.mu.Unlock()
	var known map[place]bool
	for {
		found, err := b.scan(ctx, known)
		pause := scanEvery
		if known = found; err != nil {
			pause = lookAgain
		}
		if b.sleep(ctx, pause) != nil {
			break
		}
	}
	b.mu.Lock()
	b.run = nil
	for at, w := range b.works {
		if w.timer != nil {
			w.timer.Stop()
		}
		if !w.looking {
			delete(b.works, at)
		}
	}
	b.mu.Unlock()
	b.busy.Wait()
}

// scan has all hooks looked at, and the seats of those that were known before and have gone: one that was not refreshed
// ends with an event. It returns the hooks that are known now.
func (b *Box) scan(ctx context.Context, known map[place]bool) (found map[place]bool, err error) {
	all, err := b.o.Rooms.Store().Hooks(ctx, "")
	found = map[place]bool{}
	for _, x := range all {
		if at := (place{x.Room, x.Seat, x.ID}); x.Server == b.o.Public && !x.Barred {
			found[at] = true
			b.notify(at)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			b.o.Logger.WarnContext(ctx, "the hooks could not be read", "error", err)
		}
		return known, err
	}
	for at := range known {
		if !found[at] {
			b.note(at.hook, 0)
			b.notify(place{room: at.room, seat: at.seat})
		}
	}
	return found, nil
}
