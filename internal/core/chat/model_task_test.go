package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// taskModel is a task, open or closed.
type taskModel struct {
	title, text   string
	added         int64 // its event
	edited, taken int64 // the last event that did so
	doubt         int64 // the proposal that was agreed on and puts it in question; 0: none
	adder, editor int   // seats; 0: nobody
	holder        int
	offered       []int // seats
	after         []int64
	since         time.Time // it is taken, or open and offered as it is
	end           chat.TaskState
	ended         time.Time
	by            int // who ended it
	byPerson      bool
	result        string
	ran           *room.Evidence // what was run, as by says; nil: by says nothing of it
	finisher      agentModel     // by, as it was then
	checks        []checkModel   // the last of each seat
	released      releaseModel   // if that was the last that happened to it
}

// checkModel is what a seat had with what was run.
type checkModel struct {
	seat int
	room.Check
}

// isOneUser reports whether a and b may be of one user, as far as the server can tell users apart.
func (a agentModel) isOneUser(b agentModel) bool {
	if a.principal == "" || a.principal == ident.Local {
		return a.guest && a.invite == b.invite && a.principal == b.principal
	}
	return a.principal == b.principal
}

// check returns t as the check of a leaves it, and whether that is a change; or why it is refused.
func (c taskCall) check(a agentModel, t taskModel) (taskModel, bool, fault.Code) {
	switch {
	case t.end != chat.TaskDone || t.ran == nil:
		return t, false, fault.InvalidArgument
	case t.by == a.seat, t.finisher.isOneUser(a):
		return t, false, fault.NotAllowed
	}
	has := room.Check{Verdict: room.Cannot, Tree: c.req.Evidence.Tree}
	if c.req.Verdict != room.Cannot {
		has.Exit, has.Verdict = c.req.Evidence.Exit, room.Differs
		if has.Exit == t.ran.Exit {
			has.Verdict = room.Same
		}
		onOthers := has.Tree != "" && t.ran.Tree != "" && has.Tree != t.ran.Tree
		if onOthers || c.req.Verdict != "" && c.req.Verdict != has.Verdict {
			return t, false, fault.InvalidArgument
		}
		if t.ran.Tree == "" {
			has.Tree = ""
		}
	}
	i := slices.IndexFunc(t.checks, func(x checkModel) bool { return x.seat == a.seat })
	if i >= 0 && t.checks[i].Check == has {
		return t, false, ""
	}
	t.checks = slices.Clone(t.checks)
	if i >= 0 {
		t.checks = slices.Delete(t.checks, i, i+1)
	}
	t.checks = append(t.checks, checkModel{seat: a.seat, Check: has})
	return t, true, ""
}

// checked is t as an event about its checks tells it.
func (r roomModel) checked(t taskModel, no int64) *chat.TaskView {
	by, _ := r.agent(t.by)
	return &chat.TaskView{ID: fmt.Sprintf("t%d", no), Title: t.title, State: chat.TaskDone, By: by.name,
		EndedByPerson: t.byPerson, Evidence: &room.Evidence{Ran: t.ran.Ran, Exit: t.ran.Exit}}
}

// plainTasks returns tasks with their checks in the order of names, without times: the clocks of services differ.
func plainTasks(list ...chat.TaskView) (plain []chat.TaskView, ran []room.Evidence) {
	for _, t := range list {
		if t.Evidence != nil {
			ran = append(ran, *t.Evidence)
		}
		t.Evidence, t.Checks = nil, slices.Clone(t.Checks)
		for i := range t.Checks {
			t.Checks[i].At, t.Checks[i].ID = time.Time{}, ""
		}
		slices.SortFunc(t.Checks, func(a, b chat.CheckView) int {
			return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) // a name may have had several seats
		})
		plain = append(plain, t)
	}
	return plain, ran
}

// sameTasks compares tasks, whatever the order of their checks.
func sameTasks(what string, got, want []chat.TaskView) error {
	g, gotRan := plainTasks(got...)
	w, wantRan := plainTasks(want...)
	return sameText(what, []any{g, gotRan}, []any{w, wantRan})
}

// releaseModel is a release of a task.
type releaseModel struct {
	seat int
	why  string
}

// isOfferedTo reports whether t is offered to a.
func (t taskModel) isOfferedTo(a agentModel) bool { return slices.Contains(t.offered, a.seat) }

// offeredTo returns the names of those to whom t is offered.
func (r roomModel) offeredTo(t taskModel) (names []string) {
	for _, seat := range t.offered {
		a, _ := r.agent(seat)
		names = append(names, a.name)
	}
	return names
}

// taskNo returns task no of r.
func (r roomModel) taskNo(no int64) (taskModel, bool) {
	if no < 1 || no > int64(len(r.tasks)) {
		return taskModel{}, false
	}
	return r.tasks[no-1], true
}

// withTask returns r with t as task no.
func (r roomModel) withTask(no int64, t taskModel) roomModel {
	r.tasks = slices.Clone(r.tasks)
	r.tasks[no-1] = t
	return r
}

// waitsFor returns the open tasks before t.
func (r roomModel) waitsFor(t taskModel) (open []int64) {
	for _, no := range t.after {
		if x, _ := r.taskNo(no); x.end == "" {
			open = append(open, no)
		}
	}
	return open
}

// freeSince returns since when t can be taken.
func (r roomModel) freeSince(t taskModel) time.Time {
	at := t.since
	for _, no := range t.after {
		if x, _ := r.taskNo(no); x.end != "" {
			at = latest(at, x.ended)
		}
	}
	return at
}

// stallsAfter is how long the holder of a task must be silent until all may take it.
const stallsAfter = 15 * time.Minute

// silences says which tasks have a holder that is gone or was silent for so long.
type silences func(no int64, long time.Duration) bool

// silenceOf returns what the model is sure of, and else what is assumed.
func (m model) silenceOf(r roomModel, assumed silences) silences {
	return func(no int64, long time.Duration) bool {
		t, _ := r.taskNo(no)
		yes, sure := m.isSilent(r, t, long)
		return yes || !sure && assumed(no, long)
	}
}

// isSilent reports whether the holder of t is gone or silent for so long. sure is false if a service may know less of
// what it has done, or more, than the model.
func (m model) isSilent(r roomModel, t taskModel, long time.Duration) (yes, sure bool) {
	x, _ := r.agent(t.holder)
	heard := latest(t.since, x.silentFrom())
	if !m.sequential {
		heard = t.since
	}
	silent := m.now.Sub(heard)
	switch {
	case t.holder == 0:
		return false, true
	case x.gone:
		return true, true
	case silent < long-5*time.Minute:
		return false, true
	case m.sequential && (m.oneService || silent >= long):
		return silent >= long, true
	}
	return false, false
}

// isWorkedOn reports whether a task is taken that has not stalled, as a call of a finds it.
func (m model) isWorkedOn(r roomModel, a agentModel) (yes, sure bool) {
	sure = true
	for _, t := range r.tasks {
		if t.end != "" || t.holder == 0 {
			continue
		}
		stalled, known := m.isSilent(r, t, stallsAfter)
		if t.holder == a.seat { // who calls
			stalled, known = false, true
		}
		yes, sure = yes || known && !stalled, sure && known
	}
	return yes, yes || sure
}

// taskOf counts the tasks that a has.
func (r roomModel) tasksOf(a agentModel) (list []int64) {
	for i, t := range r.tasks {
		if t.end == "" && t.holder == a.seat {
			list = append(list, int64(i+1))
		}
	}
	return list
}

// mayTake reports whether a may take t, which is open, but for how many it has.
func (m model) mayTake(r roomModel, a agentModel, t taskModel, stalled bool) bool {
	switch {
	case t.added < a.since, t.holder == a.seat:
		return false
	case t.holder != 0:
		return stalled
	case len(r.waitsFor(t)) > 0:
		return false
	}
	return !m.isOffered(r, t) || t.isOfferedTo(a)
}

// isOffered reports whether only some may take t.
func (m model) isOffered(r roomModel, t taskModel) bool {
	return m.now.Sub(r.freeSince(t)) < 10*time.Minute && slices.ContainsFunc(t.offered, func(seat int) bool {
		x, _ := r.agent(seat)
		return !x.gone
	})
}

// taskCall is a call of Task or, without an action, of ListTasks.
type taskCall struct {
	who    agentID
	req    chat.TaskRequest
	closed bool // of a list
	cursor cursorArg
}

// typed is an add as its agent typed it.
func (c taskCall) typed() string { return fmt.Sprintf("%q", c.req.Tasks) }

// isHeld reports whether what came after the cursor holds the call back, which would take or finish task no: like
// words to all, or like the report of the task. To take a task in question is held back once.
func (c taskCall) isHeld(m model, r roomModel, a agentModel, no int64) bool {
	c.cursor.sends = c.cursor.acts
	t, _ := r.taskNo(no)
	if c.req.Action == chat.CommandTake && c.cursor.n > 0 && !c.cursor.acts && m.questionOf(r, t) > 0 {
		return true
	}
	text, report := sendCall{cursor: c.cursor}, sendCall{cursor: c.cursor, finishes: []int64{no}}
	return c.cursor.n > 0 && slices.ContainsFunc(r.newsAfter(a, c.cursor.n, r.head()), func(e eventModel) bool {
		if c.req.Action == chat.CommandTake {
			return text.holds(r, a, e, nil)
		}
		return c.req.Action == chat.CommandFinish && report.holds(r, a, e, nil)
	})
}

// do makes the call.
func (c taskCall) do(ctx context.Context, s *chat.Service, token string) (chat.Tasks, error) {
	if c.req.Action == "" {
		return s.ListTasks(ctx, chat.TaskListRequest{Token: token, ID: c.req.ID, Closed: c.closed})
	}
	req := c.req
	req.Token = token
	return s.Task(ctx, req)
}

func (c taskCall) String() string {
	return fmt.Sprintf("%v: task %s %s %q %v after %v for %v, %v, %v", c.who, c.req.Action, c.req.ID,
		c.req.Title+c.req.Text, c.req.Tasks, c.req.After, c.req.For, c.cursor, c.closed)
}

// taskOutcome is how a call ends.
type taskOutcome struct {
	code  fault.Code
	next  roomModel
	no    int64 // the task of the answer; 0: none
	added int64 // the event whose tasks come first
	held  bool
	wrote bool
	was   string
}

// outcome decides how a call of a in r ends.
func (c taskCall) outcome(m model, r roomModel, a agentModel, silent silences) (x taskOutcome, err error) {
	refuse := func(code fault.Code) (taskOutcome, error) { return taskOutcome{code: code}, nil }
	req := c.req
	x.next = r
	if req.Action == "" {
		x.no = taskNumber(req.ID)
		if x.no > 0 && !c.closed {
			if t, there := r.taskNo(x.no); !there || t.added < a.since {
				return refuse(fault.InvalidArgument)
			}
		}
		return x, nil
	}
	if req.Action == chat.CommandAdd {
		if n, _ := r.again(a, c.typed(), false, 0, m.now); n > 0 {
			x.added = n
			return x, nil
		}
	}
	offered := map[int][]int{} // seats
	for i, t := range append([]chat.NewTask{{For: req.For}}, req.Tasks...) {
		for _, name := range t.For {
			to, here := r.seatedAs(name)
			if !here {
				return refuse(fault.InvalidArgument)
			}
			if !slices.Contains(offered[i], to.seat) {
				offered[i] = append(offered[i], to.seat)
			}
		}
	}
	words := req.Action == chat.CommandAdd || req.Action == chat.CommandEdit || req.Text != "" ||
		req.Action == chat.CommandFinish && req.Exited
	switch {
	case a.person.holds():
		return refuse(fault.Paused)
	case r.closed:
		return refuse(fault.RoomClosed)
	}
	speaks := fault.Code("") // why a may not say this, if the call changes anything
	switch {
	case (words || len(req.For) > 0) && r.silences(a):
		speaks = fault.NotAllowed
	case words && r.tooMany():
		speaks = fault.Paused
	}
	e := eventModel{seat: a.seat, words: words, Message: chat.Message{Type: chat.EventTask, Agent: a.name,
		TaskAction: room.TaskAction(req.Action)}}
	if req.Action == chat.CommandAdd {
		return c.add(m, r, a, e, offered, speaks)
	}
	no := taskNumber(req.ID)
	if mine := r.tasksOf(a); req.Action == chat.CommandTake && no == 0 {
		if len(mine) > 0 {
			x.no = mine[0]
			return x, nil
		}
		no = m.nextTask(r, a, silent)
		if no == 0 {
			return refuse(fault.InvalidArgument)
		}
	}
	t, there := r.taskNo(no)
	e.added = t.added
	switch {
	case !there || t.added < a.since:
		return refuse(fault.InvalidArgument)
	case req.Action == chat.CommandCheck:
		after, changes, code := c.check(a, t)
		x.no = no
		if code != "" || !changes {
			x.code = code
			return x, nil
		}
		has := after.checks[len(after.checks)-1].Check
		e.Task, x.wrote = r.checked(t, no), true
		e.Task.Checks = []chat.CheckView{{By: a.name, Check: has}}
		x.next, err = m.append(r.withTask(no, after), e)
		return x, err
	case t.end == chat.TaskDone && t.by == a.seat && req.Action == chat.CommandFinish && req.Exited &&
		(t.ran == nil || *t.ran != req.Evidence):
		return refuse(fault.InvalidArgument)
	case t.end == chat.TaskDone && req.Action == chat.CommandFinish && t.by == a.seat,
		t.end == chat.TaskDropped && req.Action == chat.CommandDrop && t.by == a.seat:
		if req.Text != "" && req.Text != t.result {
			return refuse(fault.InvalidArgument)
		}
		x.no = no
		return x, nil
	case t.end != "":
		return refuse(fault.InvalidArgument)
	}
	for _, seat := range offered[0] {
		if to, _ := r.agent(seat); t.added < to.since {
			return refuse(fault.InvalidArgument)
		}
	}
	x.no = no
	manages := t.adder == a.seat || a.admin
	shows := chat.TaskView{ID: req.ID, Title: t.title, Text: req.Text}
	shows.ID = fmt.Sprintf("t%d", no)
	switch req.Action {
	case chat.CommandTake:
		switch {
		case t.holder == a.seat:
			return x, nil
		case len(r.tasksOf(a)) >= 5, !m.mayTake(r, a, t, silent(no, stallsAfter)):
			return refuse(fault.InvalidArgument)
		}
		if was, had := r.agent(t.holder); had {
			x.was = was.name
		}
		shows.State, shows.By, shows.Was = chat.TaskTaken, a.name, x.was
		t.holder, t.offered, t.since, t.taken, t.doubt = a.seat, nil, m.now, r.head()+1, 0
	case chat.CommandRelease:
		switch {
		case t.holder == 0 && slices.Equal(t.offered, offered[0]):
			if req.Text != "" && t.released != (releaseModel{a.seat, req.Text}) {
				return refuse(fault.InvalidArgument)
			}
			return x, nil
		case t.holder != a.seat && t.adder != a.seat && !a.admin:
			return refuse(fault.NotAllowed)
		}
		t.offered = offered[0]
		t.holder, t.since = 0, m.now
		shows.State, shows.For = chat.TaskOpen, r.offeredTo(t)
	case chat.CommandFinish:
		if t.holder != 0 && t.holder != a.seat {
			return refuse(fault.InvalidArgument)
		}
		if !t.mayEnd(a) {
			return refuse(fault.NotAllowed)
		}
		shows.State, shows.By, shows.Text, shows.Result = chat.TaskDone, a.name, "", req.Text
		t.end, t.ended, t.by, t.result, t.finisher = chat.TaskDone, m.now, a.seat, req.Text, a
		if req.Exited {
			t.ran, shows.Evidence = &req.Evidence, &req.Evidence
		}
	case chat.CommandDrop:
		if !manages {
			return refuse(fault.NotAllowed)
		}
		shows.State, shows.By, shows.Text, shows.Result = chat.TaskDropped, a.name, "", req.Text
		t.end, t.ended, t.by, t.result = chat.TaskDropped, m.now, a.seat, req.Text
	case chat.CommandEdit:
		edited, code := c.edit(r, a, t, no, manages, offered[0])
		if code != "" {
			return refuse(code)
		}
		if edited.title == t.title && edited.text == t.text && slices.Equal(edited.offered, t.offered) &&
			slices.Equal(edited.after, t.after) && m.questionOf(r, t) == 0 {
			return x, nil
		}
		t = edited
		t.edited, t.editor, t.doubt = r.head()+1, a.seat, 0
		if t.holder == 0 {
			t.since = m.now
		}
		shows.Title, shows.Text, shows.For, shows.After = t.title, t.text, r.offeredTo(t), taskIDs(t.after)
	}
	switch {
	case speaks != "":
		return refuse(speaks)
	case c.isHeld(m, r, a, no):
		return taskOutcome{held: true}, nil
	}
	e.Task, x.wrote = &shows, true
	t.released = releaseModel{}
	if req.Action == chat.CommandRelease {
		t.released = releaseModel{a.seat, req.Text}
	}
	x.next, err = m.append(r.withTask(no, t), e)
	return x, err
}

// edit returns t as the call changes it.
func (c taskCall) edit(r roomModel, a agentModel, t taskModel, no int64, manages bool, offered []int) (taskModel,
	fault.Code) {
	switch {
	case !manages:
		return t, fault.NotAllowed
	case c.req.For != nil && t.holder != 0:
		return t, fault.InvalidArgument
	}
	if c.req.Title != "" {
		t.title = c.req.Title
	}
	if c.req.Text != "" {
		t.text = c.req.Text
	}
	if c.req.For != nil {
		t.offered = offered
	}
	if c.req.After != nil {
		t.after = nil
		for _, id := range c.req.After {
			before := taskNumber(id)
			x, there := r.taskNo(before)
			switch {
			case !there, x.end == "" && x.added < a.since:
				return t, fault.InvalidArgument
			case !slices.Contains(t.after, before):
				t.after = append(t.after, before)
			}
		}
		if r.withTask(no, t).waitsForItself(no) {
			return t, fault.InvalidArgument
		}
	}
	return t, ""
}

// waitsForItself reports whether the open task no comes after itself: a step adds what is directly before.
func (r roomModel) waitsForItself(no int64) bool {
	before := map[int64]bool{no: true}
	for range r.tasks {
		next := map[int64]bool{}
		for x := range before {
			if t, there := r.taskNo(x); there && t.end == "" {
				for _, y := range t.after {
					next[y] = true
				}
			}
		}
		if next[no] {
			return true
		}
		before = next
	}
	return false
}

// add adds the tasks of the call. The tests add few at once.
func (c taskCall) add(m model, r roomModel, a agentModel, e eventModel, offered map[int][]int,
	speaks fault.Code) (x taskOutcome, err error) {
	mine, open, first := 0, 0, len(r.tasks)
	for _, t := range r.tasks {
		if t.end == "" {
			open++
			if adder, _ := r.agent(t.adder); t.adder == a.seat ||
				a.guest && adder.gone && adder.invite == a.invite {
				mine++
			}
		}
	}
	if mine+len(c.req.Tasks) > 30 || open+len(c.req.Tasks) > 100 {
		return taskOutcome{code: fault.InvalidArgument}, nil
	}
	r.tasks = slices.Clip(r.tasks)
	for i, n := range c.req.Tasks {
		t := taskModel{title: n.Title, text: n.Text, added: r.head() + 1, adder: a.seat, offered: offered[i+1],
			since: m.now}
		shows := chat.TaskView{ID: fmt.Sprintf("t%d", first+i+1), Title: n.Title, State: chat.TaskOpen, Adder: a.name,
			For: r.offeredTo(t)}
		for _, place := range n.After {
			no := int64(first) + taskNumber(place)
			if strings.HasPrefix(place, "t") {
				no = taskNumber(place)
				if x, _ := r.taskNo(no); no > int64(first) || x.end == "" && x.added < a.since {
					return taskOutcome{code: fault.InvalidArgument}, nil
				}
			}
			if slices.Contains(t.after, no) {
				continue
			}
			t.after, shows.After = append(t.after, no), append(shows.After, fmt.Sprintf("t%d", no))
		}
		r.tasks, e.Tasks = append(r.tasks, t), append(e.Tasks, shows)
	}
	for no := first + 1; no <= len(r.tasks); no++ {
		if r.waitsForItself(int64(no)) {
			return taskOutcome{code: fault.InvalidArgument}, nil
		}
	}
	if speaks != "" {
		return taskOutcome{code: speaks}, nil
	}
	e.Task = &e.Tasks[0]
	e.said = c.typed()
	next, err := m.append(r, e)
	if err != nil {
		return x, err
	}
	return taskOutcome{next: next, added: next.head(), wrote: true}, nil
}

// nextTask returns the task that a gets who names none; 0 if there is none.
func (m model) nextTask(r roomModel, a agentModel, silent silences) (best int64) {
	rank := 3
	for i, t := range r.tasks {
		no, k := int64(i+1), 1
		if t.end != "" || !m.mayTake(r, a, t, silent(no, stallsAfter)) || m.questionOf(r, t) > 0 {
			continue
		}
		if t.isOfferedTo(a) {
			k = 0
		}
		if t.holder != 0 {
			k = 2
		}
		if k < rank {
			best, rank = no, k
		}
	}
	return best
}

// taskIDs returns the ids of tasks.
func taskIDs(list []int64) (ids []string) {
	for _, no := range list {
		ids = append(ids, fmt.Sprintf("t%d", no))
	}
	return ids
}

// taskNumber reads an id as the tests write it.
func taskNumber(id string) int64 { return numberOf(strings.TrimPrefix(id, "t")) }

// viewTasks returns the list as a sees it.
func (m model) viewTasks(r roomModel, a agentModel, added int64, silent silences) (list []chat.TaskView) {
	for rank := range 4 {
		for i, t := range r.tasks {
			k := 3
			switch {
			case t.end != "", t.added < a.since:
				continue
			case added > 0 && t.added == added:
				k = 0
			case t.holder == a.seat:
				k = 1
			case t.isOfferedTo(a):
				k = 2
			}
			if k == rank {
				list = append(list, m.viewTask(r, a, int64(i+1), t, silent))
			}
		}
	}
	return list
}

func (m model) viewTask(r roomModel, a agentModel, no int64, t taskModel, silent silences) chat.TaskView {
	adder, _ := r.agent(t.adder)
	holder, _ := r.agent(t.holder)
	v := chat.TaskView{ID: fmt.Sprintf("t%d", no), Title: t.title, Text: t.text, State: chat.TaskOpen,
		Adder: adder.name, By: holder.name, For: r.offeredTo(t), Mine: t.end == "" && t.holder == a.seat}
	v.After = taskIDs(t.after)
	at := t.since
	if t.end != "" {
		by, _ := r.agent(t.by)
		v.State, v.By, v.For, v.Result, v.Age = t.end, by.name, nil, t.result, m.now.Sub(t.ended)
		v.EndedByPerson, v.Evidence = t.byPerson, t.ran
		if t.ran != nil {
			v.DoneUnder, v.Own = shown(r.doneUnder(a, t)), t.by == a.seat || t.finisher.isOneUser(a)
		}
		for _, x := range t.checks {
			by, _ := r.agent(x.seat)
			v.Checks = append(v.Checks, chat.CheckView{By: by.name, Check: x.Check, Mine: x.seat == a.seat})
		}
		return v
	}
	v.Question = shown(m.questionOf(r, t))
	switch {
	case t.holder != 0 && silent(no, stallsAfter):
		v.State = chat.TaskStalled
	case t.holder != 0:
		v.State = chat.TaskTaken
	case len(r.waitsFor(t)) > 0:
		v.State = chat.TaskBlocked
	default:
		at = r.freeSince(t)
	}
	v.Age = m.now.Sub(at)
	return v
}

// taskOp is a call of Task that was answered.
type taskOp struct {
	taskCall
	got  chat.Tasks
	code fault.Code
}

// on accepts the answer if it is right for one of the assumptions about who is silent, where the model does not know:
// nobody, all, or those whose tasks the answer shows as stalled; with what was taken over, or not, as the code says.
func (o taskOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if refused || err != nil {
		return m, err
	}
	shown := map[string]bool{}
	for _, t := range o.got.Tasks {
		shown[t.ID] = t.State == chat.TaskStalled
	}
	for _, stalled := range []func(no int64) bool{
		func(int64) bool { return false },
		func(int64) bool { return true },
		func(no int64) bool { return shown[fmt.Sprintf("t%d", no)] },
	} {
		var next model
		next, err = o.try(m, r, a, m.silenceOf(r, func(no int64, long time.Duration) bool {
			return stalled(no) || long < stallsAfter && o.code == ""
		}))
		if err == nil {
			return next, nil
		}
	}
	return m, err
}

func (o taskOp) try(m model, r roomModel, a agentModel, silent silences) (model, error) {
	x, err := o.outcome(m, r, a, silent)
	switch {
	case err != nil:
		return m, err
	case x.held != (o.got.Held != nil):
		return m, &wrong{"held back", o.got.Held != nil, x.held}
	case x.held:
		a = a.call(m.now)
		a.owed, a.acked = true, max(a.acked, o.cursor.n)
		return m.withAgent(r.id, a), nil
	case x.code != o.code:
		return m, &wrong{"the code", o.code, x.code}
	case x.code != "":
		return m, nil
	}
	r = x.next
	after := func(no int64, long time.Duration) bool { // who has just taken it is there
		t, _ := r.taskNo(no)
		return t.holder != a.seat && silent(no, long)
	}
	want := m.viewTasks(r, a, x.added, after)
	if o.closed {
		want = nil
		for i, t := range slices.Backward(r.tasks) {
			if t.end != "" && t.added >= a.since {
				want = append(want, m.viewTask(r, a, int64(i+1), t, after))
			}
		}
	}
	one := o.req.Action == "" && x.no > 0 && !o.closed
	if one {
		want = nil
	}
	more := !o.closed && len(want) > 30
	if more {
		want = want[:30]
	}
	got := slices.Clone(o.got.Tasks)
	if !m.sequential { // the clocks of the services differ
		for i := range min(len(got), len(want)) {
			got[i].Age = want[i].Age
		}
	}
	if err := sameTasks("the tasks", got, want); err != nil {
		return m, err
	}
	var mine, wait []chat.TaskBrief // those that wait for an open task come last
	for _, no := range r.tasksOf(a) {
		t, _ := r.taskNo(no)
		list := &mine
		if slices.ContainsFunc(t.after, func(no int64) bool { x, _ := r.taskNo(no); return x.end == "" }) {
			list = &wait
		}
		*list = append(*list, chat.TaskBrief{ID: fmt.Sprintf("t%d", no), Title: t.title})
	}
	mine = append(mine, wait...)
	mine = mine[:min(3, len(mine))]
	if err := sameText("the rest", []any{o.got.HasMore, o.got.Situation.Tasks}, []any{more, mine}); err != nil {
		return m, err
	}
	if o.closed {
		x.no = 0
	}
	if err := sameTasks("the results", o.got.Results, m.resultsOf(r, a, o.req.Action, x.no)); err != nil {
		return m, err
	}
	if t, there := r.taskNo(x.no); there != (o.got.Task != nil) {
		return m, &wrong{"the task", o.got.Task, x.no}
	} else if there {
		shown, v := *o.got.Task, m.viewTask(r, a, x.no, t, after)
		v.Was = x.was
		if x.wrote && o.req.Action == chat.CommandFinish { // what was just done is not read again
			v.DoneUnder = ""
		}
		if !m.sequential {
			shown.Age = v.Age
		}
		if err := sameTasks("the task", []chat.TaskView{shown}, []chat.TaskView{v}); err != nil {
			return m, err
		}
	}
	a, _ = r.agent(a.seat)
	a.acked = max(a.acked, o.cursor.n)
	if numberOf(o.got.Cursor) != o.cursor.n { // none without one
		return m, &wrong{"the cursor", o.got.Cursor, o.cursor}
	}
	return m.with(r).withAgent(r.id, a.call(m.now)), nil
}

// resultsOf returns what came of the tasks directly before task no, which an agent is shown that takes or looks at it.
func (m model) resultsOf(r roomModel, a agentModel, action chat.TaskCommand, no int64) (list []chat.TaskView) {
	t, _ := r.taskNo(no)
	if action != "" && action != chat.CommandTake {
		return nil
	}
	for _, no := range t.after {
		x, _ := r.taskNo(no)
		switch v := m.viewTask(r, a, no, x, func(int64, time.Duration) bool { return false }); {
		case x.end == "":
		case x.added < a.since:
			list = append(list, chat.TaskView{ID: v.ID, Missing: "from before you joined"})
		default:
			v.Adder, v.Text, v.Age = "", "", 0
			list = append(list, v)
		}
	}
	return list
}

func (o taskOp) String() string {
	return fmt.Sprintf("%v: %s%q, held back %t", o.taskCall, o.code, board(o.got.Tasks), o.got.Held != nil)
}

// lostTask is what a call of Task does that has no answer.
type lostTask struct{ taskCall }

func (o lostTask) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, "")
	if err != nil || refused {
		return m, err
	}
	for _, assumed := range []bool{false, true} {
		x, failed := o.outcome(m, r, a, m.silenceOf(r, func(int64, time.Duration) bool { return assumed }))
		err = failed
		if err == nil && x.code == "" && x.wrote {
			return m.with(x.next), nil
		}
	}
	if err == nil {
		err = &wrong{"the call of task", "", "a change"}
	}
	return m, err
}

// mayEnd reports whether a, if it is a guest, may finish or drop t, which no other has.
func (t taskModel) mayEnd(a agentModel) bool {
	return !a.guest || a.admin || t.adder == a.seat || t.holder == a.seat
}

// finish returns e, a report of a, with the tasks that it ends.
func (r roomModel) finish(a agentModel, e eventModel) eventModel {
	e.Finished = nil
	for _, no := range e.finishes {
		t, there := r.taskNo(no)
		if there && t.added >= a.since && t.end == "" && (t.holder == 0 || t.holder == a.seat) && t.mayEnd(a) {
			e.Finished = append(e.Finished, fmt.Sprintf("t%d", no))
		}
	}
	return e
}

// finished returns r after the report e. A draft ends nothing yet.
func (m model) finished(r roomModel, e eventModel) roomModel {
	if e.drafts {
		return r
	}
	for _, id := range e.Finished {
		t, _ := r.taskNo(taskNumber(id))
		t.end, t.ended, t.by, t.result, t.byPerson = chat.TaskDone, m.now, e.seat, e.Text, e.Person
		r = r.withTask(taskNumber(id), t)
	}
	return r
}
