package room

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// The limits on tasks.
const (
	// OfferLife is how long only the agents of an offer may take the task, from the time when it can be taken.
	OfferLife = 10 * time.Minute
	// StallsAfter is the silence of a task's holder after which anyone may take the task.
	StallsAfter = 15 * time.Minute
)

// TaskAction is what an event does with a task.
type TaskAction string

// The actions.
const (
	AddTasks    TaskAction = "add"
	TakeTask    TaskAction = "take"
	ReleaseTask TaskAction = "release"
	FinishTask  TaskAction = "finish"
	DropTask    TaskAction = "drop"
	EditTask    TaskAction = "edit"
	CheckTask   TaskAction = "check"  // of a task that is done; of Changed: the check was removed
	RedactTask  TaskAction = "redact" // of Changed: the words of the task were removed
)

// Task is an open entry of the room's to-do list: neither done nor dropped. A task in a published State is never
// changed.
type Task struct {
	No       int64   `json:"no"`              // 7 of t7: see TaskID
	N        int64   `json:"added,omitempty"` // the event that added the task; in this event 0
	Title    string  `json:"title"`
	Text     string  `json:"x,omitempty"` // details
	Redacted bool    `json:"gone,omitempty"`
	Adder    Party   `json:"f,omitzero"`
	ByPerson bool    `json:"me,omitempty"`    // the person behind Adder added the task; older programs do not say
	Invite   int     `json:"inv,omitempty"`   // the number of Adder's invite; older programs do not say
	Holder   Party   `json:"has,omitzero"`    // who took the task; zero: nobody
	For      []Party `json:"for,omitempty"`   // to whom the task is offered, until somebody takes the task
	After    []int64 `json:"after,omitempty"` // numbers of tasks to do first, ended or not: see WaitsFor
	AtMs     int64   `json:"at,omitempty"`    // the time of event N
	SinceN   int64   `json:"sn,omitempty"`    // the event that began the present state: taken, or free with this offer
	SinceMs  int64   `json:"sat,omitempty"`   // the time of that event
	Last     int64   `json:"last,omitempty"`  // the last event about the task
	Edited   int64   `json:"ed,omitempty"`    // the event that last edited the task; 0: none
	Editor   int     `json:"eb,omitempty"`    // the seat that did; older programs do not say
	Taken    int64   `json:"tk,omitempty"`    // the event by which it was last taken; 0: none

	Written int64 `json:"-"` // the event that last wrote the task: see Part
}

// Party is the agent of a seat since its join: after a regain the Party is the same.
type Party struct {
	Seat   int    `json:"s"`
	Joined int64  `json:"n"`
	Name   string `json:"f"` // at that time
	// Person is the name of the person behind the agent, if the person acted: see Event.PersonName.
	Person string `json:"p,omitempty"`
}

// Party returns a as a Party, which tells a from earlier and later agents of the seat.
func (a Agent) Party() Party { return Party{Seat: a.Seat, Joined: a.Joined, Name: a.Name} }

// Is reports whether m is the agent a.
func (m Party) Is(a Agent) bool { return m.Seat == a.Seat && m.Joined == a.Joined }

// IsHere reports whether m has its seat.
func (m Party) IsHere(s *State) bool { return slices.ContainsFunc(s.Agents, m.Is) }

// TaskChange is what an event does with tasks. Like every event, a TaskChange is a complete delta.
type TaskChange struct {
	Action   TaskAction `json:"do"`
	Add      []Task     `json:"add,omitempty"`   // of AddTasks: the added tasks, in order
	No       int64      `json:"no,omitempty"`    // of all others: the task
	Added    int64      `json:"added,omitempty"` // the event that added the task
	Prev     int64      `json:"prev,omitempty"`  // the event before this one about the task
	Title    string     `json:"title,omitempty"` // of the task, after this event
	Text     string     `json:"x,omitempty"`     // what was done, or why; of EditTask the new details
	Redacted bool       `json:"gone,omitempty"`
	For      []Party    `json:"for,omitempty"`   // of ReleaseTask and EditTask: after the event
	After    []int64    `json:"after,omitempty"` // of EditTask: after the event
	Stop     bool       `json:"stop,omitempty"`  // of EditTask, in older events: see IsStop
	Was      Party      `json:"was,omitzero"`    // of TakeTask: the former, stalled holder
	Ran      *Evidence  `json:"ran,omitempty"`   // of FinishTask
	Check    *Check     `json:"check,omitempty"` // of CheckTask, which has no Prev and no Title; empty once removed
	Finished *Finished  `json:"-"`               // of CheckTask, for a reader: see roomlog.Log.AddFinished
}

// TaskEnd is when a task ended, for the open tasks that come after it.
type TaskEnd struct {
	No   int64 `json:"no"`
	N    int64 `json:"n"` // the event
	AtMs int64 `json:"at"`
}

// TaskID returns the id of task no for agents.
func TaskID(no int64) string { return "t" + strconv.FormatInt(no, 10) }

// TaskNumber returns the number in a task's id. Models write ids in several ways.
func TaskNumber(id string) (no int64, ok bool) {
	digits := strings.TrimLeft(strings.TrimSpace(id), "tT#")
	no, err := strconv.ParseInt(digits, 10, 64)
	return no, err == nil && no > 0 && len(id)-len(digits) <= 2
}

// Task returns the open task no.
func (s *State) Task(no int64) (Task, bool) {
	i := slices.IndexFunc(s.Tasks, func(task Task) bool { return task.No == no })
	if i < 0 {
		return Task{}, false
	}
	return s.Tasks[i], true
}

// TasksOf returns the open tasks of holder agent, in the order of adding.
func (s *State) TasksOf(agent Agent) (list []Task) {
	for _, task := range s.Tasks {
		if task.Holder.Is(agent) {
			list = append(list, task)
		}
	}
	return list
}

// SeesTask reports whether a sees the task that event added brought, and all later events about the task.
func (a Agent) SeesTask(added int64) bool { return added == 0 || added >= a.Since.N }

// WaitsFor returns the numbers of the open tasks before task. A task that is done or dropped blocks nothing.
func (s *State) WaitsFor(task Task) (open []int64) {
	for _, no := range task.After {
		if _, still := s.Task(no); still {
			open = append(open, no)
		}
	}
	return open
}

// freeSince returns the event and the time since which task can be taken; task must wait for no other.
func (s *State) freeSince(task Task) (n int64, at time.Time) {
	n, ms := task.SinceN, task.SinceMs
	for _, end := range s.TaskEnds {
		if slices.Contains(task.After, end.No) {
			n, ms = max(n, end.N), max(ms, end.AtMs)
		}
	}
	return n, time.UnixMilli(ms)
}

// TaskSince returns the time since which task is as now: taken, blocked or free.
func (s *State) TaskSince(task Task) time.Time {
	if task.Holder.Seat == 0 && len(s.WaitsFor(task)) == 0 {
		_, at := s.freeSince(task)
		return at
	}
	return time.UnixMilli(task.SinceMs)
}

// offeredTo returns who alone may take task, an open task that waits for nothing, and until when; none if anyone may.
// An offer ends after OfferLife, and when all agents of the offer have left.
func (s *State) offeredTo(task Task, now time.Time) (only []Party, until time.Time) {
	_, at := s.freeSince(task)
	until = at.Add(OfferLife)
	if !now.Before(until) {
		return nil, until
	}
	for _, party := range task.For {
		if party.IsHere(s) {
			only = append(only, party)
		}
	}
	return only, until
}

// IsOfferedTo reports whether t is offered to a.
func (t Task) IsOfferedTo(a Agent) bool { return isAmong(t.For, a) }

func isAmong(list []Party, a Agent) bool {
	return slices.ContainsFunc(list, func(m Party) bool { return m.Is(a) })
}

// holderHeard returns when the holder of task was last heard, as far as the log and the presence in seen tell.
func (h *Head) holderHeard(task Task, seen map[int]Presence) time.Time {
	at := time.UnixMilli(task.SinceMs)
	if last, spoke := h.Recent.Said(task.Holder.Seat); spoke {
		at = Latest(at, last.Heard)
	}
	if presence, known := seen[task.Holder.Seat]; known {
		at = Latest(at, presence.SilentFrom())
	}
	return at
}

// Stalled reports whether t is taken, and the holder has lost its seat or was not heard for StallsAfter, whatever
// its lease. A wait, a standby and an announced absence count as heard; a hook does not, since the agent of a hook
// works only in the turn of a call. seen is the presence of the seats: see NeedsPresence.
func (h *Head) Stalled(t Task, seen map[int]Presence, now time.Time) bool {
	return t.Holder.Seat != 0 && (!t.Holder.IsHere(&h.State) || h.SilentFor(t, seen, now) >= StallsAfter)
}

// SilentFor returns for how long the holder of t was not heard.
func (h *Head) SilentFor(t Task, seen map[int]Presence, now time.Time) time.Duration {
	return now.Sub(h.holderHeard(t, seen))
}

// Opening is a task that anybody may take, as news for an agent that waits.
type Opening struct {
	Task    Task
	Stalled bool      // else the task is free: without a holder, and without an offer that lasts
	N       int64     // the event since which the task is free, or has its holder
	At      time.Time // the time since which anybody may take it
	What    string    // identifies the opening
}

// Openings returns the tasks that anybody may take now, and how long until another may follow if nothing happens;
// 0 if none may. seen is the presence of the seats.
func (h *Head) Openings(seen map[int]Presence, now time.Time) (open []Opening, again time.Duration) {
	later := func(at time.Time) {
		if d := at.Sub(now); again == 0 || d < again {
			again = d
		}
	}
	for _, task := range h.Tasks {
		opening := Opening{Task: task, N: task.SinceN, Stalled: task.Holder.Seat != 0}
		why := "free"
		switch {
		case opening.Stalled && !h.Stalled(task, seen, now):
			later(h.holderHeard(task, seen).Add(StallsAfter))
			continue
		case opening.Stalled:
			why, opening.At = "stalled", Earliest(now, h.holderHeard(task, seen).Add(StallsAfter))
		case len(h.WaitsFor(task)) > 0:
			continue
		default:
			opening.N, opening.At = h.freeSince(task)
			only, until := h.offeredTo(task, now)
			if len(only) > 0 {
				later(until)
				continue
			}
			if len(task.For) > 0 {
				why, opening.At = "lapsed", Earliest(now, until)
			}
		}
		opening.What = TaskID(task.No) + "#" + strconv.FormatInt(opening.N, 10) + "#" + why
		open = append(open, opening)
	}
	return open, again
}

// Suits reports whether a waiting agent a should hear of x: a sees the task, may take it, has no other, and did
// not add it, unless the holder fell silent.
func (x Opening) Suits(h *Head, a Agent, now time.Time) bool {
	return a.SeesTask(x.Task.N) && !x.Task.Holder.Is(a) && len(h.TasksOf(a)) == 0 &&
		!a.Person.Supervises() && a.ActsByItself() && (x.Stalled || !x.Task.Adder.Is(a)) &&
		h.QuestionOf(x.Task, now) == 0
}

// NeedsPresence reports whether only the presence of the seats tells which tasks have stalled. For a while after a
// holder took a task, or spoke, the log tells.
func (h *Head) NeedsPresence(now time.Time) bool {
	return slices.ContainsFunc(h.Tasks, func(t Task) bool {
		return t.Holder.Seat != 0 && t.Holder.IsHere(&h.State) && h.Stalled(t, nil, now)
	})
}

// Works reports whether somebody works on a task: it is taken, and has not stalled.
func (h *Head) Works(seen map[int]Presence, now time.Time) bool {
	return slices.ContainsFunc(h.Tasks, func(t Task) bool { return t.Holder.Seat != 0 && !h.Stalled(t, seen, now) })
}

// IsFreeFor reports whether agent may take task now: task is free or offered to agent, or has stalled with another.
// IsFreeFor does not ask for the limit MaxTaken.
func (h *Head) IsFreeFor(agent Agent, task Task, seen map[int]Presence, now time.Time) bool {
	switch {
	case !agent.SeesTask(task.N), task.Holder.Is(agent):
		return false
	case task.Holder.Seat != 0:
		return h.Stalled(task, seen, now)
	case len(h.WaitsFor(task)) > 0:
		return false
	}
	only, _ := h.offeredTo(task, now)
	return len(only) == 0 || isAmong(only, agent)
}

// NextTask returns the task that agent gets without naming a task: the oldest task offered to agent, else the oldest
// free task, else the oldest stalled task. None is in question.
func (h *Head) NextTask(agent Agent, seen map[int]Presence, now time.Time) (Task, bool) {
	best, rank := -1, 3
	for i, task := range h.Tasks {
		if !h.IsFreeFor(agent, task, seen, now) || h.QuestionOf(task, now) != 0 {
			continue
		}
		r := 1
		switch {
		case task.Holder.Seat != 0:
			r = 2
		case task.IsOfferedTo(agent):
			r = 0
		}
		if r < rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		return Task{}, false
	}
	return h.Tasks[best], true
}

// MayRelease reports whether a may take t from its holder, or offer t to others: a has t, added t, or is an admin.
func (t Task) MayRelease(a Agent) bool { return t.Holder.Is(a) || t.Adder.Is(a) || a.Role == Admin }

// MayManage reports whether a may edit and drop t: a added t, or is an admin.
func (t Task) MayManage(a Agent) bool { return t.Adder.Is(a) || a.Role == Admin }

// mayEnd reports whether a may finish t, which no other agent has: a guest only if it added t, has t, or is an admin.
func (t Task) mayEnd(a Agent) bool {
	return !a.IsGuest() || t.Adder.Is(a) || t.Holder.Is(a) || a.Role == Admin
}

// TasksClosed returns the numbers of the tasks that e ends.
func (e Event) TasksClosed() []int64 {
	if e.Task != nil && (e.Task.Action == FinishTask || e.Task.Action == DropTask) {
		return []int64{e.Task.No}
	}
	return e.Closes
}

// ClosedBy returns the tasks, in the state s before event, that event ends.
func (s *State) ClosedBy(event Event) (list []Task) {
	for _, no := range event.TasksClosed() {
		if task, open := s.Task(no); open {
			list = append(list, task)
		}
	}
	return list
}

// ChangeTasks applies to s what event does with tasks, and nothing else.
func (s *State) ChangeTasks(event Event) {
	// by is who did it, even if it has left.
	by := Party{Seat: event.Seat, Name: event.Name, Person: event.PersonName}
	if agent, here := s.Seated(event.Seat); here {
		by.Joined = agent.Joined
	}
	for _, no := range event.TasksClosed() {
		s.endTask(event, no)
	}
	change := event.Task
	if change == nil {
		return
	}
	switch change.Action {
	case AddTasks:
		s.addTasks(event, by)
	case TakeTask:
		s.changeTask(event, func(task *Task) {
			task.Holder, task.For, task.SinceN, task.SinceMs = by, nil, event.N,
				event.AtMs
			task.Taken = event.N
		})
	case ReleaseTask:
		s.changeTask(event, func(task *Task) {
			task.Holder, task.For, task.SinceN, task.SinceMs = Party{}, change.For, event.N, event.AtMs
		})
	case EditTask:
		s.changeTask(event, func(task *Task) {
			if task.Holder.Seat == 0 {
				task.SinceN, task.SinceMs = event.N, event.AtMs
			}
			if !change.IsStop() {
				task.Edited, task.Editor = event.N, event.Seat
			}
			task.Title, task.Text, task.Redacted, task.For, task.After = change.Title, change.Text, false,
				change.For, change.After
		})
		s.removeUnneededEnds()
	case RedactTask:
		s.changeTask(event, func(task *Task) { *task = task.withoutWords() })
	}
}

// addTasks adds the tasks of event.
func (s *State) addTasks(event Event, by Party) {
	s.Tasks = slices.Clone(s.Tasks)
	for _, task := range event.Task.Add {
		task.N, task.Adder, task.ByPerson, task.AtMs = event.N, by, event.Person, event.AtMs
		task.SinceN, task.SinceMs, task.Last, task.Written = event.N, event.AtMs, event.N, event.N
		s.Tasks = append(s.Tasks, task)
		s.LastTask = max(s.LastTask, task.No)
	}
}

// Alike returns the numbers of the open tasks with the title of task that a sees, and that another agent has added.
func (s *State) Alike(a Agent, task Task) (list []int64) {
	titleOf := func(t Task) string { return strings.ToLower(strings.Join(strings.Fields(t.Title), " ")) }
	for _, other := range s.Tasks {
		if other.No != task.No && !other.Adder.Is(a) && a.SeesTask(other.N) && !other.Redacted &&
			titleOf(other) == titleOf(task) {
			list = append(list, other.No)
		}
	}
	return list
}

// changeTask replaces the task of event by a changed copy.
func (s *State) changeTask(event Event, how func(*Task)) {
	s.Tasks = slices.Clone(s.Tasks)
	for i := range s.Tasks {
		if task := &s.Tasks[i]; task.No == event.Task.No {
			how(task)
			task.Last, task.Written = event.N, event.N
		}
	}
}

// endTask takes task no from the list, and records when the task ended, for the tasks after it.
func (s *State) endTask(e Event, no int64) {
	s.Tasks = slices.DeleteFunc(slices.Clone(s.Tasks), func(t Task) bool { return t.No == no })
	s.TaskEnds = append(slices.Clone(s.TaskEnds), TaskEnd{no, e.N, e.AtMs})
	s.removeUnneededEnds()
}

// removeUnneededEnds removes the ends of tasks that come before no open task.
func (s *State) removeUnneededEnds() {
	named := func(no int64) bool {
		return slices.ContainsFunc(s.Tasks, func(task Task) bool { return slices.Contains(task.After, no) })
	}
	ends := s.TaskEnds
	s.TaskEnds = nil
	for _, end := range ends {
		if named(end.No) {
			s.TaskEnds = append(s.TaskEnds, end)
		}
	}
}

// HasWords reports whether an agent says something by c. The words count as a message.
func (c *TaskChange) HasWords() bool {
	switch c.Action {
	case AddTasks:
		return true
	case EditTask:
		return !c.IsStop()
	}
	return c.Text != "" || c.Ran != nil
}

func (t Task) withoutWords() Task {
	t.Title, t.Text, t.Redacted = Removed, "", true
	return t
}

// HasWordsOf reports whether words of task no are in e.
func (e Event) HasWordsOf(no int64) bool { return slices.Contains(e.TasksTold(), no) }

// WithoutTask returns e without the words of task no.
func (e Event) WithoutTask(no int64) Event {
	if !e.HasWordsOf(no) {
		return e
	}
	change := *e.Task
	if change.No == no {
		change.Title, change.Text, change.Ran, change.Redacted = Removed, "", nil, true
	}
	e.Call, change.Add = withoutDigest(e.Call), slices.Clone(change.Add)
	for i, task := range change.Add {
		if task.No == no {
			change.Add[i] = task.withoutWords()
		}
	}
	e.Task = &change
	return e
}

// Parts returns how many parts of the snapshot e changes at most.
func (e Event) Parts() int {
	switch {
	case !e.ChangesState():
		return 0
	case e.Task != nil:
		return PartsChanged + len(e.Task.Add)
	}
	return PartsChanged + len(e.Closes)
}

// CheckTaskText refuses an invalid text of a task. field names the argument. The error is a *fault.Error.
func CheckTaskText(field, text string) error {
	if utf8.RuneCountInString(text) > core.MaxTaskText || !utf8.ValidString(text) || HasControls(text, "\n\t\r") {
		return fault.Refuse(fault.InvalidArgument, "%s: at most %d characters of UTF-8 without control characters. "+
			"Nothing was changed: put what is longer into a message.", field, core.MaxTaskText)
	}
	return CheckSecret(field, text)
}

// CheckTitle refuses an invalid title of a task. The error is a *fault.Error.
func CheckTitle(field, title string) error {
	if !strings.ContainsFunc(title, visible) || utf8.RuneCountInString(title) > core.MaxTitle || !isLine(title) {
		return fault.Refuse(fault.InvalidArgument, "%s: 1 to %d characters in one line. Nothing was changed: put "+
			"details into text.", field, core.MaxTitle)
	}
	return CheckSecret(field, title)
}

// TasksTold returns the numbers of the tasks with words in e.
func (e Event) TasksTold() (list []int64) {
	if e.Type != TaskChanged || e.Task == nil {
		return nil
	}
	for _, task := range e.Task.Add {
		if !task.Redacted {
			list = append(list, task.No)
		}
	}
	if e.Task.No != 0 && !e.Task.Redacted && !e.ChecksTask() {
		list = append(list, e.Task.No)
	}
	return list
}

// ChecksTask reports whether e is the check of a task that is done.
func (e Event) ChecksTask() bool {
	return e.Type == TaskChanged && e.Task != nil && e.Task.Action == CheckTask
}

// RemovesCheck reports whether e is the removal of a check. Seat is then that of the checker.
func (e Event) RemovesCheck() bool {
	return e.Type == Changed && e.Task != nil && e.Task.Action == CheckTask
}

// RedactsTask reports whether e is the removal of the words of a task.
func (e Event) RedactsTask() bool {
	return e.Type == Changed && e.Task != nil && e.Task.Action == RedactTask
}
