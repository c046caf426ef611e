package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// scanInterval is how often a process looks at all hooks: another may have ended before it made its calls.
const scanInterval = 5 * time.Minute

// retryInterval is after which time a look or a scan is repeated that failed because of the table, and a call for which
// this server had no place.
const retryInterval = 10 * time.Second

// place names a hook, with what is needed to end the hook if nothing else is known of it.
type hookRef struct {
	room string // its id
	seat int
	hook string // its id
}

// job is what is to be done for a hook: a goroutine looks at it, or a timer runs until one has to. So there is one
// call of a hook at a time, and one that hangs holds up no other.
type job struct {
	running  bool
	notified bool // something has happened since the goroutine began to look
	timer    clockwork.Timer
}

// Notify says that there may be news for hooks of the room with an id. It does not block, and does nothing unless Run
// works, which looks at all hooks when it begins.
func (d *Dispatcher) Notify(id string, calls []room.Call) {
	for _, c := range calls {
		d.notifyHook(hookRef{id, c.Seat, c.Hook})
	}
}

func (d *Dispatcher) notifyHook(at hookRef) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.jobRunner == nil {
		return
	}
	w := d.jobs[at]
	if w == nil {
		w = &job{}
		d.jobs[at] = w
	}
	w.notified = true
	if w.running {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.running = true
	attend := d.jobRunner
	d.busy.Go(func() { attend(at, w) })
}

// attend looks at a hook until nothing has happened meanwhile. It leaves a timer if there is a time to look again.
func (d *Dispatcher) runJob(ctx context.Context, at hookRef, w *job) {
	for {
		d.mu.Lock()
		w.notified = false
		d.mu.Unlock()
		again, err := d.Deliver(ctx, at.room, at.seat, at.hook)
		if err != nil && ctx.Err() == nil {
			d.o.Logger.WarnContext(ctx, "a hook was not looked at", "room", table.Digest(at.room), "seat", at.seat,
				"hook", at.hook, "error", err)
			again = d.now().Add(retryInterval)
		}
		if d.endJob(ctx, at, w, again) {
			return
		}
	}
}

// endJob ends the work for a hook, until the time again if that is not zero. It returns false if something has
// happened, which has to be looked at first.
func (d *Dispatcher) endJob(ctx context.Context, at hookRef, w *job, again time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w.notified && ctx.Err() == nil {
		return false
	}
	w.running = false
	if again.IsZero() || ctx.Err() != nil {
		delete(d.jobs, at)
		return true
	}
	w.timer = d.o.Clock.AfterFunc(d.delayUntil(again), func() { d.notifyHook(at) })
	return true
}

// delayUntil returns how long to wait for a time.
func (d *Dispatcher) delayUntil(again time.Time) time.Duration {
	wait := max(again.Sub(d.now()), 0)
	if d.o.Alone {
		return wait
	}
	return wait + rand.N(wait/8+time.Second) // other processes wait for the same time
}

// Run makes calls until ctx ends, and returns when the last one has. It first looks at all hooks, and then
// every five minutes.
func (d *Dispatcher) Run(ctx context.Context) {
	d.mu.Lock()
	d.jobRunner = func(at hookRef, w *job) { d.runJob(ctx, at, w) }
	d.mu.Unlock()
	var known map[hookRef]bool
	for {
		found, err := d.scan(ctx, known)
		pause := scanInterval
		known = found
		if err != nil {
			pause = retryInterval
		}
		if d.sleep(ctx, pause) != nil {
			break
		}
	}
	d.mu.Lock()
	d.jobRunner = nil
	for at, w := range d.jobs {
		if w.timer != nil {
			w.timer.Stop()
		}
		if !w.running {
			delete(d.jobs, at)
		}
	}
	d.mu.Unlock()
	d.busy.Wait()
}

// scan has all hooks looked at, and those that were known before and have gone: one that was not refreshed ends with an
// event. It returns the hooks that are known now.
func (d *Dispatcher) scan(ctx context.Context, known map[hookRef]bool) (found map[hookRef]bool, err error) {
	all, err := d.o.Rooms.Store().Hooks(ctx, "")
	found = map[hookRef]bool{}
	for _, x := range all {
		if at := (hookRef{x.Room, x.Seat, x.ID}); x.Server == d.o.Public && !x.Barred {
			found[at] = true
			d.notifyHook(at)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			d.o.Logger.WarnContext(ctx, "the hooks could not be read", "error", err)
		}
		return known, err
	}
	for at := range known {
		if !found[at] {
			d.notifyHook(at)
		}
	}
	return found, nil
}
