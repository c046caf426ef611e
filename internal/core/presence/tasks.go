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
// The process that has put it owes the news: if the wait that was to tell of the task ends without doing so, another
// wait here tells of it, or the next that begins here.

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
	wait *Wait
	asOf int64 // the last event when the agent was chosen
	at   time.Time
}

// newsState is what has become of the news of a free task, as far as the process knows.
type newsState int

const (
	unclaimed newsState = iota
	owed                // this process has claimed it, and has nobody who is to hear of it
	announced           // another process has claimed it, or this one has sent it to a wait
)

// freeTasks is what one check remembers for the next.
type freeTasks struct {
	presence map[int]room.Presence // by seat, as last read to tell whether tasks have stalled
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
	lost := false // another process was first, or a wait has ended: the next choice may differ
	for _, notice := range a.chooseAgents(check, head, open, now) {
		mine, err := a.claimNotice(ctx, notice)
		if err != nil {
			a.o.Logger.Warn("a free task was not dealt out", "error", err)
			again = rewriteAfter
			continue
		}
		lost = !a.deliverNotice(notice, mine) || lost
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

// claimNotice claims notice, unless the process owes the news, and reports whether the process has the claim.
func (a *Attendees) claimNotice(ctx context.Context, notice *taskNotice) (mine bool, err error) {
	l := a.lock()
	mine = l.taskNews[notice.What] == owed
	l.unlock()
	if mine {
		return true, nil
	}
	return a.log.Items().ClaimTaskNotice(ctx, notice.What)
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

// dropAnnounced is newOpenings by the presence of the last read. It forgets the news of tasks that are free no more.
func (l lockedFreeTasks) dropAnnounced(head *room.Head, now time.Time) (open []room.Opening, again time.Duration) {
	open, again = head.Openings(l.presence, now)
	here := l.a.lock()
	defer here.unlock()
	known := map[string]newsState{}
	for _, opening := range open {
		known[opening.What] = here.taskNews[opening.What]
	}
	here.taskNews = known
	return slices.DeleteFunc(open, func(opening room.Opening) bool { return known[opening.What] == announced }), again
}

// chooseAgents chooses for each open task a different agent that waits here and may take the task, the first to have
// joined. An agent that was told of a task, and waits on, hears only of tasks that became free since. A newer check
// than check chooses in its place: a task may have been taken meanwhile.
func (a *Attendees) chooseAgents(check *freeTaskCheck, head *room.Head, open []room.Opening,
	now time.Time) (notices []*taskNotice) {
	l := a.lock()
	defer l.unlock()
	if l.taskCheck != check {
		return nil
	}
	busy := map[int]bool{}
	for _, opening := range open {
		for _, agent := range head.Agents {
			wait := l.waits[agent.Seat]
			if !wait.hearsOfTasks() || wait.notice != nil || busy[agent.Seat] || !opening.Suits(head, agent, now) {
				continue
			}
			cache := l.cachedSeat(agent.Seat)
			if opening.N <= cache.lastNoticeAsOf && !opening.At.After(cache.lastNoticeAt) {
				continue
			}
			busy[agent.Seat] = true
			notices = append(notices, &taskNotice{opening, wait, head.AsOf, now})
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

// deliverNotice sends notice to its wait, unless that is over or another process has claimed the notice: then mine is
// false. It reports whether it has.
func (a *Attendees) deliverNotice(notice *taskNotice, mine bool) (delivered bool) {
	l := a.lock()
	defer l.unlock()
	wait := notice.wait
	delivered = mine && l.waits[wait.caller.Seat] == wait
	l.taskNews[notice.What] = announced
	switch {
	case delivered:
		wait.notice = notice
		wait.Task <- notice.Task.No // does not block: a wait has one notice
	case mine:
		l.taskNews[notice.What] = owed
	}
	return delivered
}

// endNotice ends the notice of a wait that ends. If the wait has not told its agent, the process owes the news, and
// looks for another agent.
func (l locked) endNotice(wait *Wait) {
	notice := wait.notice
	switch {
	case notice == nil:
	case wait.ToldOfTask:
		cache := l.cachedSeat(wait.caller.Seat)
		cache.lastNoticeAsOf, cache.lastNoticeAt = notice.asOf, notice.at
	default:
		l.taskNews[notice.What] = owed
		l.beginFreeTaskCheck()
	}
}
