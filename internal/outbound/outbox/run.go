package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// scanEvery is how often a process looks at all hooks: another may have ended before it made its calls.
const scanEvery = 5 * time.Minute

// lookAgain is after which time a look or a scan is repeated that failed because of the table, and a call for which
// this server had no place.
const lookAgain = 10 * time.Second

// place names a hook, with what is needed to end the hook if nothing else is known of it.
type place struct {
	room string // its id
	seat int
	hook string // its id
}

// work is what is to be done for a hook: a goroutine looks at it, or a timer runs until one has to. So there is one
// call of a hook at a time, and one that hangs holds up no other.
type work struct {
	looking bool
	again   bool // something has happened since the goroutine began to look
	timer   clockwork.Timer
}

// Notify says that there may be news for hooks of the room with an id. It does not block, and does nothing unless Run
// works, which looks at all hooks when it begins.
func (b *Box) Notify(id string, calls []room.Call) {
	for _, c := range calls {
		b.notify(place{id, c.Seat, c.Hook})
	}
}

func (b *Box) notify(at place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.attends == nil {
		return
	}
	w := b.works[at]
	if w == nil {
		w = &work{}
		b.works[at] = w
	}
	w.again = true
	if w.looking {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.looking = true
	attend := b.attends
	b.busy.Go(func() { attend(at, w) })
}

// attend looks at a hook until nothing has happened meanwhile. It leaves a timer if there is a time to look again.
func (b *Box) attend(ctx context.Context, at place, w *work) {
	for {
		b.mu.Lock()
		w.again = false
		b.mu.Unlock()
		again, err := b.Look(ctx, at.room, at.seat, at.hook)
		if err != nil && ctx.Err() == nil {
			b.o.Logger.WarnContext(ctx, "a hook was not looked at", "room", table.Digest(at.room), "seat", at.seat,
				"hook", at.hook, "error", err)
			again = b.now().Add(lookAgain)
		}
		if b.endWork(ctx, at, w, again) {
			return
		}
	}
}

// endWork ends the work for a hook, until the time again if that is not zero. It returns false if something has
// happened, which has to be looked at first.
func (b *Box) endWork(ctx context.Context, at place, w *work, again time.Time) bool {
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
	b.attends = func(at place, w *work) { b.attend(ctx, at, w) }
	b.mu.Unlock()
	var known map[place]bool
	for {
		found, err := b.scan(ctx, known)
		pause := scanEvery
		known = found
		if err != nil {
			pause = lookAgain
		}
		if b.sleep(ctx, pause) != nil {
			break
		}
	}
	b.mu.Lock()
	b.attends = nil
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

// scan has all hooks looked at, and those that were known before and have gone: one that was not refreshed ends with an
// event. It returns the hooks that are known now.
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
			b.notify(at)
		}
	}
	return found, nil
}
