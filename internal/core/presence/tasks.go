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

// A task that becomes free for anyone ends the wait of one agent, as a turn does; several tasks end as many waits.
// The log orders who gets a task; this file only sends the news. No event is written when an offer lapses or a
// holder falls silent, so a timer checks. The item FREE#<task>#<since when> is put if absent, so that one agent in
// all processes hears of a task.

// freeTaskCheck is a check for tasks that have become free.
type freeTaskCheck struct{ timer clockwork.Timer }

// beginFreeTaskCheck checks now whether tasks are free for agents that wait here. Attendees.mu is held.
func (r *Attendees) beginFreeTaskCheck() {
	r.endFreeTaskCheck()
	head := r.log.Peek()
	if head == nil || head.Closed || len(head.Tasks) == 0 || len(r.waits) == 0 {
		return
	}
	r.scheduleFreeTaskCheck(0)
}

// scheduleFreeTaskCheck checks after d, unless something happens before. Attendees.mu is held.
func (r *Attendees) scheduleFreeTaskCheck(d time.Duration) {
	l := &freeTaskCheck{}
	r.taskCheck = l
	l.timer = r.o.Clock.AfterFunc(d, func() { r.announceFreeTasks(l) })
}

// endFreeTaskCheck ends the check. Attendees.mu is held.
func (r *Attendees) endFreeTaskCheck() {
	if r.taskCheck != nil {
		r.taskCheck.timer.Stop()
		r.taskCheck = nil
	}
}

// taskNotice is the news of a free task, for an agent that waits here.
type taskNotice struct {
	room.Opening
	agent room.Agent
	wait  *Wait
}

// announceFreeTasks tells agents that wait here of the free tasks, each agent of a different task. One check runs at a
// time: two could choose one agent for two tasks, and the agent would hear of one.
func (r *Attendees) announceFreeTasks(l *freeTaskCheck) {
	r.announceTasksMu.Lock()
	defer r.announceTasksMu.Unlock()
	if r.isReplaced(l) {
		return
	}
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	head, now := r.log.Peek(), r.now()
	open, again, err := r.newOpenings(ctx, head, now)
	if err != nil {
		r.o.Logger.Warn("which tasks are free could not be read", "error", err)
		open, again = nil, rewriteAfter
	}
	lost := false // another process was first: the agent chosen here may hear of the next task
	for _, x := range r.chooseAgents(l, head, open) {
		first, err := r.log.Seats().ClaimTaskNotice(ctx, x.What)
		if err != nil {
			r.o.Logger.Warn("a free task was not dealt out", "error", err)
			again = rewriteAfter
			continue
		}
		lost = lost || !first
		r.deliverNotice(x, first, head.AsOf, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.taskCheck != l || len(r.waits) == 0:
	case lost:
		r.scheduleFreeTaskCheck(0)
	case again > 0:
		r.scheduleFreeTaskCheck(again)
	}
}

// isReplaced reports whether a newer check has taken the place of l.
func (r *Attendees) isReplaced(l *freeTaskCheck) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taskCheck != l
}

// newOpenings returns the free and the stalled tasks of which, as far as the process knows, no agent was told. again
// is how long until there may be others; 0: none until the next event. newOpenings reads the presence of the seats
// only if a task may have stalled since its last read.
func (r *Attendees) newOpenings(ctx context.Context, head *room.Head, now time.Time) (open []room.Opening,
	again time.Duration,
	err error) {
	r.mu.Lock()
	seen := r.presenceAsRead
	r.mu.Unlock()
	for fresh := false; ; fresh = true {
		open, again = head.Openings(seen, now)
		known := map[string]bool{}
		r.mu.Lock()
		for _, x := range open {
			known[x.What] = r.announcedTasks[x.What]
		}
		r.announcedTasks = known
		r.mu.Unlock()
		open = slices.DeleteFunc(open, func(x room.Opening) bool { return known[x.What] })
		if fresh || !slices.ContainsFunc(open, func(x room.Opening) bool { return x.Stalled }) {
			return open, again, nil
		}
		seen, _, err = r.ReadPresence(ctx, table.Eventual)
		if err != nil {
			return nil, 0, err
		}
		r.mu.Lock()
		r.presenceAsRead = seen
		r.mu.Unlock()
	}
}

// chooseAgents chooses for each open task a different agent that waits here and may take the task: in the order of
// joins, the first such agent. An agent that has a task goes on with that task. An agent that was told of a task, and
// waits on, hears only of tasks that became free since. If there is a newer check than l, that check chooses: a task
// may have been taken meanwhile.
func (r *Attendees) chooseAgents(l *freeTaskCheck, head *room.Head, open []room.Opening) (notices []taskNotice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taskCheck != l {
		return nil
	}
	busy := map[int]bool{}
	for _, x := range open {
		for _, agent := range head.Agents {
			wait := r.waits[agent.Seat]
			if !wait.hearsOfTasks() || busy[agent.Seat] || !x.Suits(head, agent) {
				continue
			}
			m := r.cachedSeat(agent.Seat)
			if x.N <= m.lastNoticeAsOf && !x.At.After(m.lastNoticeAt) {
				continue
			}
			busy[agent.Seat] = true
			notices = append(notices, taskNotice{x, agent, wait})
			break
		}
	}
	return notices
}

// hearsOfTasks reports whether w, which may be nil, ends when a task is free for its agent.
func (w *Wait) hearsOfTasks() bool { return w != nil && !w.Looks && !w.Standby }

// Idle returns how many agents without a task wait here for one.
func (r *Attendees) Idle(head *room.Head) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, agent := range head.Agents {
		if r.waits[agent.Seat].hearsOfTasks() && len(head.TasksOf(agent)) == 0 && !agent.Person.Supervises() {
			n++
		}
	}
	return n
}

// deliverNotice ends the wait of x, unless another process has told an agent before.
func (r *Attendees) deliverNotice(x taskNotice, first bool, asOf int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.announcedTasks[x.What] = true
	if !first || r.waits[x.agent.Seat] != x.wait {
		return
	}
	m := r.cachedSeat(x.agent.Seat)
	m.lastNoticeAsOf, m.lastNoticeAt = asOf, now
	select {
	case x.wait.Task <- x.Task.No:
	default: // the agent was told of another task, and its wait has not ended yet
	}
}
