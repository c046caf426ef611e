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

// hookRef names a hook, with its room and seat, so that the hook can be ended without its item.
type hookRef struct {
	room string // the id of the room
	seat int
	hook string // the id of the hook
}

// job is the work for one hook: a goroutine delivers, or a timer runs until the next delivery. So a process makes one
// call of a hook at a time, and a slow host holds up no other hook.
type job struct {
	running  bool            // the goroutine works
	notified bool            // an event came after the goroutine began its pass
	timer    clockwork.Timer // begins the next delivery if running is false; nil before the first end
}

// Notify says that there may be news for hooks of the room with an id. Notify does not block. Notify does nothing
// unless Run runs: Run begins with a scan of all hooks.
func (d *Dispatcher) Notify(id string, calls []room.Call) {
	for _, call := range calls {
		d.notifyHook(hookRef{id, call.Seat, call.Hook})
	}
}

func (d *Dispatcher) notifyHook(ref hookRef) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.jobRunner == nil {
		return
	}
	job := d.jobOf(ref)
	job.notified = true
	if job.running {
		return
	}
	if job.timer != nil {
		job.timer.Stop()
	}
	job.running = true
	run := d.jobRunner
	d.busy.Go(func() { run(ref, job) })
}

// jobOf returns the job of a hook, which is new if the hook had none. d.mu is held.
func (d *Dispatcher) jobOf(ref hookRef) *job {
	if d.jobs[ref] == nil {
		d.jobs[ref] = &job{}
	}
	return d.jobs[ref]
}

// runJob delivers to a hook until nothing more has happened. A timer stays if Deliver returned a time.
func (d *Dispatcher) runJob(ctx context.Context, ref hookRef, job *job) {
	for {
		d.mu.Lock()
		job.notified = false
		d.mu.Unlock()
		again, err := d.Deliver(ctx, ref.room, ref.seat, ref.hook)
		if err != nil && ctx.Err() == nil {
			d.o.Logger.WarnContext(ctx, "a hook was not looked at", "room", table.Digest(ref.room), "seat", ref.seat,
				"hook", ref.hook, "error", err)
			again = d.now().Add(retryInterval)
		}
		if d.endJob(ctx, ref, job, again) {
			return
		}
	}
}

// endJob ends a job, and sets its timer to the time again unless that is zero. endJob returns false if an event has
// come meanwhile: then the job must deliver first.
func (d *Dispatcher) endJob(ctx context.Context, ref hookRef, job *job, again time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if job.notified && ctx.Err() == nil {
		return false
	}
	job.running = false
	if again.IsZero() || ctx.Err() != nil {
		delete(d.jobs, ref)
		return true
	}
	job.timer = d.o.Clock.AfterFunc(d.delayUntil(again), func() { d.notifyHook(ref) })
	return true
}

// delayUntil returns the wait until again, randomly longer if there are other processes.
func (d *Dispatcher) delayUntil(again time.Time) time.Duration {
	wait := max(again.Sub(d.now()), 0)
	if d.o.SingleProcess {
		return wait
	}
	return wait + rand.N(wait/8+time.Second) // so that other processes with the same time wake at other moments
}

// Run makes calls until ctx ends, and returns after the last call. Run scans all hooks at once, and then every five
// minutes.
func (d *Dispatcher) Run(ctx context.Context) {
	d.mu.Lock()
	d.jobRunner = func(ref hookRef, job *job) { d.runJob(ctx, ref, job) }
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
	for ref, job := range d.jobs {
		if job.timer != nil {
			job.timer.Stop()
		}
		if !job.running {
			delete(d.jobs, ref)
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
		if ref := (hookRef{hook.Room, hook.Seat, hook.ID}); hook.Server == d.o.Public && !hook.Barred {
			found[ref] = true
			d.notifyHook(ref)
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			d.o.Logger.WarnContext(ctx, "the hooks could not be read", "error", err)
		}
		return known, err
	}
	for ref := range known {
		if !found[ref] {
			d.notifyHook(ref)
		}
	}
	return found, nil
}
