package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// scanInterval is the time between two scans of all hooks: another process may have ended before its calls.
const scanInterval = 5 * time.Minute

// retryInterval is the pause before a pass or a scan is repeated after an error of the table, and before a call for
// which the server had no place.
const retryInterval = 10 * time.Second

// hookRef names a hook, with what the end of the hook needs if its item cannot be found.
type hookRef struct {
	room string // the id of the room
	seat int
	hook string // the id of the hook
}

// job is the work for one hook: a goroutine delivers, or a timer runs until the next delivery. So a process makes one
// call of a hook at a time, and a slow host holds up no other hook.
type job struct {
	running  bool
	notified bool // an event came after the goroutine began its pass
	timer    clockwork.Timer
}

// Notify says that there may be news for hooks of the room with an id. Notify does not block. Notify does nothing
// unless Run works, since Run begins with a scan of all hooks.
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

// runJob delivers to a hook until nothing more has happened. A timer stays if Deliver returned a time.
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

// endJob ends a job, and sets its timer to the time again unless that is zero. endJob returns false if an event has
// come meanwhile: then the job must deliver first.
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
	return wait + rand.N(wait/8+time.Second) // so that other processes with the same time wake at other moments
}

// Run makes calls until ctx ends, and returns after the last call. Run scans all hooks at once, and then every five
// minutes.
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

// scan starts a job for each hook, and for each known hook that is gone: a wake without a refresh ends with an event.
// scan returns the hooks that are known now.
func (d *Dispatcher) scan(ctx context.Context, known map[hookRef]bool) (found map[hookRef]bool, err error) {
	all, err := d.o.Rooms.Store().Hooks(ctx, "")
	found = map[hookRef]bool{}
	for _, hook := range all {
		if at := (hookRef{hook.Room, hook.Seat, hook.ID}); hook.Server == d.o.Public && !hook.Barred {
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
