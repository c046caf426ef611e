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

// A task that becomes free for anyone ends the wait of one agent, as a turn does; several tasks end as many waits. The
// log orders who gets a task; this file only sends the news. No event is written when an offer lapses or a holder falls
// silent, so a timer checks. One agent in all processes hears of a task: FREE#<task>#<since when> is put if absent.

// freeTaskCheck is a check for tasks that have become free.
type freeTaskCheck struct{ timer clockwork.Timer }

// beginFreeTaskCheck checks now whether tasks are free for agents that wait here.
func (l locked) beginFreeTaskCheck() {
	l.endFreeTaskCheck()
	head := l.a.log.Peek()
	if head == nil || head.Closed || len(head.Tasks) == 0 || len(l.waits) == 0 {
		return
	}
	l.scheduleFreeTaskCheck(0)
}

// scheduleFreeTaskCheck checks after d, unless something happens before.
func (l locked) scheduleFreeTaskCheck(d time.Duration) {
	check := &freeTaskCheck{}
	l.taskCheck = check
	check.timer = l.a.o.Clock.AfterFunc(d, func() { l.a.announceFreeTasks(check) })
}

func (l locked) endFreeTaskCheck() {
	if l.taskCheck != nil {
		l.taskCheck.timer.Stop()
		l.taskCheck = nil
	}
}

// taskNotice is the news of a free task, for an agent that waits here.
type taskNotice struct {
	room.Opening
	agent room.Agent
	wait  *Wait
}

// freeTasks is what one check remembers for the next.
type freeTasks struct {
	announced map[string]bool       // those of which an agent was told, by room.Opening.What
	presence  map[int]room.Presence // by seat, as last read to tell whether tasks have stalled
}

// lockedFreeTasks is an Attendees while its freeTasksMu is held, from lockFreeTasks to unlock.
type lockedFreeTasks struct {
	*freeTasks
	a *Attendees
}

func (a *Attendees) lockFreeTasks() lockedFreeTasks {
	a.freeTasksMu.Lock()
	return lockedFreeTasks{&a.freeTasks, a}
}

func (l lockedFreeTasks) unlock() { l.a.freeTasksMu.Unlock() }

// announceFreeTasks tells agents that wait here of the free tasks, each agent of a different task. One check runs at a
// time: two could choose one agent for two tasks, and the agent would hear of one.
func (a *Attendees) announceFreeTasks(check *freeTaskCheck) {
	tasks := a.lockFreeTasks()
	defer tasks.unlock()
	if a.isReplaced(check) {
		return
	}
	ctx, cancel := roomlog.Detached(context.Background())
	defer cancel()
	head, now := a.log.Peek(), a.now()
	open, again, err := tasks.newOpenings(ctx, head, now)
	if err != nil {
		a.o.Logger.Warn("which tasks are free could not be read", "error", err)
		open, again = nil, rewriteAfter
	}
	lost := false // another process was first: the agent chosen here may hear of the next task
	for _, notice := range a.chooseAgents(check, head, open) {
		first, err := a.log.Items().ClaimTaskNotice(ctx, notice.What)
		if err != nil {
			a.o.Logger.Warn("a free task was not dealt out", "error", err)
			again = rewriteAfter
			continue
		}
		tasks.announced[notice.What] = true
		if first {
			a.deliverNotice(notice, head.AsOf, now)
		}
		lost = lost || !first
	}
	l := a.lock()
	defer l.unlock()
	switch {
	case l.taskCheck != check || len(l.waits) == 0:
	case lost:
		l.scheduleFreeTaskCheck(0)
	case again > 0:
		l.scheduleFreeTaskCheck(again)
	}
}

// isReplaced reports whether a newer check has taken the place of check.
func (a *Attendees) isReplaced(check *freeTaskCheck) bool {
	l := a.lock()
	defer l.unlock()
	return l.taskCheck != check
}

// newOpenings returns the free and the stalled tasks of which, as far as the process knows, no agent was told. again
// is how long until there may be others; 0: none until the next event. It reads presence only if a task may have
// stalled.
func (l lockedFreeTasks) newOpenings(ctx context.Context, head *room.Head, now time.Time) (open []room.Opening,
	again time.Duration, err error) {
	open, again = l.dropAnnounced(head, now)
	if !slices.ContainsFunc(open, func(opening room.Opening) bool { return opening.Stalled }) {
		return open, again, nil
	}
	seen, _, err := l.a.ReadPresence(ctx, table.Eventual)
	if err != nil {
		return nil, 0, err
	}
	l.presence = seen
	open, again = l.dropAnnounced(head, now)
	return open, again, nil
}

// dropAnnounced is newOpenings by the presence of the last read. It forgets the announced tasks that are free no more.
func (l lockedFreeTasks) dropAnnounced(head *room.Head, now time.Time) (open []room.Opening, again time.Duration) {
	open, again = head.Openings(l.presence, now)
	known := map[string]bool{}
	for _, opening := range open {
		known[opening.What] = l.announced[opening.What]
	}
	l.announced = known
	return slices.DeleteFunc(open, func(opening room.Opening) bool { return known[opening.What] }), again
}

// chooseAgents chooses for each open task a different agent that waits here and may take the task, the first to have
// joined. An agent that was told of a task, and waits on, hears only of tasks that became free since. A newer check
// than check chooses in its place: a task may have been taken meanwhile.
func (a *Attendees) chooseAgents(check *freeTaskCheck, head *room.Head, open []room.Opening) (notices []taskNotice) {
	l := a.lock()
	defer l.unlock()
	if l.taskCheck != check {
		return nil
	}
	busy := map[int]bool{}
	for _, opening := range open {
		for _, agent := range head.Agents {
			wait := l.waits[agent.Seat]
			if !wait.hearsOfTasks() || busy[agent.Seat] || !opening.Suits(head, agent) {
				continue
			}
			cache := l.cachedSeat(agent.Seat)
			if opening.N <= cache.lastNoticeAsOf && !opening.At.After(cache.lastNoticeAt) {
				continue
			}
			busy[agent.Seat] = true
			notices = append(notices, taskNotice{opening, agent, wait})
			break
		}
	}
	return notices
}

// hearsOfTasks reports whether w, which may be nil, ends when a task is free for its agent.
func (w *Wait) hearsOfTasks() bool { return w != nil && !w.Looks() && !w.Standby }

// Idle returns how many agents without a task wait here for one.
func (a *Attendees) Idle(head *room.Head) (n int) {
	l := a.lock()
	defer l.unlock()
	for _, agent := range head.Agents {
		if l.waits[agent.Seat].hearsOfTasks() && len(head.TasksOf(agent)) == 0 && !agent.Person.Supervises() {
			n++
		}
	}
	return n
}

// deliverNotice ends the wait of notice, unless it has ended.
func (a *Attendees) deliverNotice(notice taskNotice, asOf int64, now time.Time) {
	l := a.lock()
	defer l.unlock()
	if l.waits[notice.agent.Seat] != notice.wait {
		return
	}
	cache := l.cachedSeat(notice.agent.Seat)
	cache.lastNoticeAsOf, cache.lastNoticeAt = asOf, now
	select {
	case notice.wait.Task <- notice.Task.No:
	default: // the agent was told of another task, and its wait has not ended yet
	}
}
