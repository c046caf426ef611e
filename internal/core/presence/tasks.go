package presence

import (
	"context"
	"slices"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// A task that becomes free for anyone ends the wait of one agent, as a turn; several that become
// free end as many waits. The log orders who gets it; here only its news is dealt out. No event is
// written for an offer that lapses or a holder that falls silent, so a timer looks. The item
// FREE#<task>#<since when> is put if absent, so that one agent in all processes hears of it.

// freeLook is a look for tasks that have become free.
type freeLook struct{ timer clockwork.Timer }

// lookForTasks looks now whether tasks are free for agents that wait here. r.mu is held.
func (r *Room) lookForTasks() {
	r.endTasks()
	h := r.log.Peek()
	if h == nil || h.Closed || len(h.Tasks) == 0 || len(r.waits) == 0 {
		return
	}
	r.lookForTasksAfter(0)
}

// lookForTasksAfter looks after d, unless something happens before. r.mu is held.
func (r *Room) lookForTasksAfter(d time.Duration) {
	l := &freeLook{}
	r.tasks = l
	l.timer = r.o.Clock.AfterFunc(d, func() { r.dealTasks(l) })
}

// endTasks ends the looking. r.mu is held.
func (r *Room) endTasks() {
	if r.tasks != nil {
		r.tasks.timer.Stop()
		r.tasks = nil
	}
}

// dealtTask is the news of a task that is free, for an agent that waits here.
type dealtTask struct {
	room.Opening
	agent room.Agent
	wait  *Wait
}

// dealTasks tells agents that wait here of the tasks that are free, each of another. One look runs at a time: two could
// choose one agent for two tasks, and it hears of one.
func (r *Room) dealTasks(l *freeLook) {
	r.dealing.Lock()
	defer r.dealing.Unlock()
	if r.isReplaced(l) {
		return
	}
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	h, now := r.log.Peek(), r.now()
	open, again, err := r.openings(ctx, h, now)
	if err != nil {
		r.o.Logger.Warn("which tasks are free could not be read", "error", err)
		open, again = nil, rewriteSoon
	}
	lost := false // another process was first: its agent may hear of the next task
	for _, x := range r.deal(l, h, open) {
		first, err := r.log.Seats().ClaimTaskNotice(ctx, x.What)
		if err != nil {
			r.o.Logger.Warn("a free task was not dealt out", "error", err)
			again = rewriteSoon
			continue
		}
		lost = lost || !first
		r.tell(x, first, h.AsOf, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.tasks != l || len(r.waits) == 0:
	case lost:
		r.lookForTasksAfter(0)
	case again > 0:
		r.lookForTasksAfter(again)
	}
}

// isReplaced reports whether a newer look has taken the place of l.
func (r *Room) isReplaced(l *freeLook) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tasks != l
}

// openings returns the tasks that are free or have stalled, of which no agent was told as far as this
// process knows, and how long until there may be others; 0 if only an event tells. It reads the presence of
// the seats only if a task may have stalled since it last did.
func (r *Room) openings(ctx context.Context, h *room.Head, now time.Time) (open []room.Opening, again time.Duration,
	err error) {
	r.mu.Lock()
	seen := r.seen
	r.mu.Unlock()
	for fresh := false; ; fresh = true {
		open, again = h.Openings(seen, now)
		known := map[string]bool{}
		r.mu.Lock()
		for _, x := range open {
			known[x.What] = r.told[x.What]
		}
		r.told = known
		r.mu.Unlock()
		open = slices.DeleteFunc(open, func(x room.Opening) bool { return known[x.What] })
		if fresh || !slices.ContainsFunc(open, func(x room.Opening) bool { return x.Stalled }) {
			return open, again, nil
		}
		seen, _, err = r.Presence(ctx, table.Eventual)
		if err != nil {
			return nil, 0, err
		}
		r.mu.Lock()
		r.seen = seen
		r.mu.Unlock()
	}
}

// deal gives each of open to another agent that waits here, as far as there are some that may take it. An
// agent that has a task goes on with that, and one that was told of a task, and waits on, hears only of those that
// became free since. If there is a newer look than l, that one deals: what is open may have been taken meanwhile.
func (r *Room) deal(l *freeLook, h *room.Head, open []room.Opening) (dealt []dealtTask) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tasks != l {
		return nil
	}
	busy := map[int]bool{}
	for _, x := range open {
		for _, a := range h.Agents {
			w := r.waits[a.Seat]
			if !w.hearsOfTasks() || busy[a.Seat] || !x.Suits(h, a) {
				continue
			}
			m := r.cached(a.Seat)
			if x.N <= m.toldAsOf && !x.At.After(m.toldAt) {
				continue
			}
			busy[a.Seat] = true
			dealt = append(dealt, dealtTask{x, a, w})
			break
		}
	}
	return dealt
}

// hearsOfTasks reports whether w, which may be nil, ends when a task is free for its agent.
func (w *Wait) hearsOfTasks() bool { return w != nil && !w.Looks && !w.Standby }

// Idle returns how many agents without a task wait here for one.
func (r *Room) Idle(h *room.Head) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range h.Agents {
		if r.waits[a.Seat].hearsOfTasks() && len(h.TasksOf(a)) == 0 && !a.Person.Holds() {
			n++
		}
	}
	return n
}

// tell ends the wait of x, unless another process has told an agent before.
func (r *Room) tell(x dealtTask, first bool, asOf int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told[x.What] = true
	if !first || r.waits[x.agent.Seat] != x.wait {
		return
	}
	m := r.cached(x.agent.Seat)
	m.toldAsOf, m.toldAt = asOf, now
	select {
	case x.wait.Task <- x.Task.No:
	default: // it was told of another, and has not ended yet
	}
}
