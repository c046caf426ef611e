package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// TaskCommand is what a call does with the room's tasks. The call's events have room.TaskAction: CommandNext, which no
// event has, makes a room.FinishTask and a room.TakeTask.
type TaskCommand string

// The commands.
const (
	CommandAdd     TaskCommand = "add"
	CommandTake    TaskCommand = "take"
	CommandRelease TaskCommand = "release"
	CommandFinish  TaskCommand = "finish"
	CommandNext    TaskCommand = "next" // finish the task, and take the next free one
	CommandDrop    TaskCommand = "drop"
	CommandEdit    TaskCommand = "edit"
	CommandCheck   TaskCommand = "check" // say what came of running again what was run for a finished task
)

// TaskRequest asks to do Action.
type TaskRequest struct {
	Token  string
	Action TaskCommand
	ID     string    // t7; of take, "" means the next free one
	Tasks  []NewTask // of add, in order
	Text   string    // of finish: what was done; of release: why; of edit: details
	Title  string    // of edit: the new title; "" changes nothing
	After  []string  // of edit: the new tasks to be done before, perhaps none; nil changes nothing
	// For of release and edit: the agents here that the task is offered to. Of edit, nil changes nothing, and an empty
	// For offers the task to nobody.
	For []string
	// Evidence is of finish and next: what was run. Its Exit counts only with Exited. Of check, only Exit and Tree may
	// be there: what the caller had.
	Evidence room.Evidence
	Exited   bool
	Verdict  room.Verdict // of check; "" follows from Exit
	// Cursor is for the guard of take, finish and next: see Task. The answer has it again.
	Cursor string
}

// NewTask is a task to be added.
type NewTask struct {
	Title string
	Text  string   // details
	For   []string // names of the agents that the task is offered to
	After []string // "1" for the first of the same call, and so on, or ids
}

// TaskListRequest asks for all open tasks, or for one task.
type TaskListRequest struct {
	Token  string
	ID     string // t7, open or not; "" means all open tasks
	Closed bool   // for people and programs: tasks that are done or dropped, newest first; before ID
}

// parse returns the order for which req asks; its names of agents are resolved later. The error is a *fault.Error.
func (req TaskRequest) parse() (o room.TaskOrder, err error) {
	switch req.Action {
	case CommandAdd, CommandTake, CommandRelease, CommandFinish, CommandDrop, CommandEdit, CommandCheck:
		o.Action = room.TaskAction(req.Action)
	case CommandNext:
		o.Action = room.FinishTask
	default:
		return o, refuseAction()
	}

	if err := req.checkArguments(); err != nil {
		return o, err
	}
	if req.Action == CommandCheck {
		o.Check, err = req.parseCheck()
	} else {
		o.Ran, err = req.parseEvidence()
	}
	if err != nil {
		return o, err
	}

	// Adding has its fields in tasks; each other action has one task.
	if req.Action == CommandAdd {
		o.Add, err = req.parseAdd()
		if err != nil {
			return o, err
		}
		return o, checkWords(wordsOf(o))
	}
	o.No, err = req.parseID()
	if err != nil {
		return o, err
	}
	if err := room.CheckTaskText("text", req.Text); err != nil {
		return o, err
	}

	if err := req.checkFields(); err != nil {
		return o, err
	}
	o.Title, o.Text = req.Title, req.Text
	if len(req.After) > core.MaxAfter {
		return o, refuseManyAfter()
	}

	// An empty after differs from nil: the task then waits for no other.
	if req.After != nil {
		o.After = []int64{}
		for i, id := range req.After {
			no, ok := room.TaskNumber(id)
			if !ok {
				return o, refuseAfter(i)
			}
			o.After = append(o.After, no)
		}
	}
	return o, checkWords(wordsOf(o))
}

// digest returns the digest of an add.
func (req TaskRequest) digest() string { return digestOf("add", req.Tasks) }

// wordsOf returns all words of an order, for the limit and for the check for credentials.
func wordsOf(o room.TaskOrder) string {
	words := o.Title + o.Text + "\n" + o.Ran.Words()
	for _, task := range o.Add {
		words += task.Title + "\n" + task.Text + "\n"
	}
	return words
}

// parseEvidence returns what was run, as the call says; nil if it says nothing of that.
func (req TaskRequest) parseEvidence() (*room.Evidence, error) {
	switch {
	case req.Evidence == room.Evidence{} && !req.Exited:
		return nil, nil
	case req.Evidence.Ran == "":
		return nil, fault.Refuse(fault.InvalidArgument, "ran is missing: the command that ended with this exit. "+
			"Nothing was changed.")
	case !req.Exited:
		return nil, fault.Refuse(fault.InvalidArgument, "exit is missing: the exit code of ran. Nothing was changed: "+
			"if you do not know the code, run the command again.")
	}
	return &req.Evidence, req.Evidence.CheckEvidence()
}

// parseCheck returns the check that the call reports.
func (req TaskRequest) parseCheck() (c room.Check, err error) {
	c = room.Check{Verdict: req.Verdict, Exit: req.Evidence.Exit, Tree: req.Evidence.Tree}
	switch {
	case c.Verdict == room.Cannot && req.Exited:
		return c, fault.Refuse(fault.InvalidArgument, "exit does not go with verdict cannot. Nothing was changed: "+
			"give same or differs, if the command ended.")
	case c.Verdict != room.Cannot && !req.Exited:
		return c, fault.Refuse(fault.InvalidArgument, "exit is missing: the exit code that you had. Nothing was "+
			"changed: if you could not run the command, give verdict cannot.")
	case c.Exit < -1 || c.Exit > core.MaxExit:
		return c, room.RefuseExit()
	}
	return c, room.CheckTree(c.Tree)
}

func refuseAction() error {
	return fault.Refuse(fault.InvalidArgument, "action must be add, take, release, finish, next, drop, edit "+
		"or check. Nothing was changed: list_tasks shows the tasks.")
}

// arguments are those of each action, beside the token and the cursor. What comes with ran, such as commit, is not
// listed.
var arguments = map[TaskCommand][]string{
	CommandAdd:     {"tasks"},
	CommandTake:    {"id"},
	CommandRelease: {"id", "text", "for"},
	CommandFinish:  {"id", "text", "ran", "exit"},
	CommandNext:    {"id", "text", "ran", "exit"},
	CommandDrop:    {"id", "text"},
	CommandEdit:    {"id", "title", "text", "for", "after"},
	CommandCheck:   {"id", "exit", "verdict"}, // and Tree
}

// checkArguments refuses all arguments without a meaning for the action at once: a program that leaves out the first
// alone is refused again.
func (req TaskRequest) checkArguments() error {
	more := req.Evidence // what comes with ran
	more.Ran, more.Exit = "", 0
	if req.Action == CommandCheck {
		more.Tree = ""
	}
	takes := arguments[req.Action]
	var others []string
	for _, a := range []struct {
		name  string
		given bool
	}{
		{"id", req.ID != ""}, {"tasks", len(req.Tasks) > 0}, {"title", req.Title != ""}, {"text", req.Text != ""},
		{"for", len(req.For) > 0}, {"after", len(req.After) > 0},
		{"ran", req.Evidence.Ran != ""}, {"exit", req.Exited}, {"verdict", req.Verdict != ""},
	} {
		if a.given && !slices.Contains(takes, a.name) {
			others = append(others, a.name)
		}
	}
	if more != (room.Evidence{}) && !slices.Contains(takes, "ran") {
		others = append(others, "what comes with ran")
	}
	if len(others) == 0 {
		return nil
	}
	instead := "say the rest with send_message"
	if req.Action == CommandAdd {
		instead = "title, text, for and after of a new task stand in tasks, with add"
	}
	return fault.Refuse(fault.InvalidArgument, "%s does not take %s: it takes %s. Nothing was changed: %s.", req.Action,
		strings.Join(others, ", "), strings.Join(takes, ", "), instead)
}

// parseID returns the number of the task; 0 for a take of any.
func (req TaskRequest) parseID() (int64, error) {
	if req.ID == "" && req.Action == CommandTake {
		return 0, nil
	}
	no, ok := room.TaskNumber(req.ID)
	if !ok {
		return 0, refuseID()
	}
	return no, nil
}

func refuseID() error {
	return fault.Refuse(fault.InvalidArgument, "id must be that of a task, such as t7. Nothing was changed: "+
		"list_tasks shows the ids.")
}

// checkFields refuses a call that lacks what its action needs, or has a wrong title; add has parseAdd.
func (req TaskRequest) checkFields() error {
	switch {
	case req.Action == CommandEdit && req.Title == "" && req.Text == "" && req.After == nil && req.For == nil:
		return fault.Refuse(fault.InvalidArgument, "edit: say what to change: title, text, for or after. "+
			"Nothing was changed.")
	case req.Title != "":
		return room.CheckTitle("title", req.Title)
	}
	return nil
}

func refuseManyAfter() error {
	return fault.Refuse(fault.InvalidArgument, "after: at most %d tasks. Nothing was changed: name those "+
		"whose results are needed.", core.MaxAfter)
}

func refuseAfter(i int) error {
	return fault.Refuse(fault.InvalidArgument, "after: number %d is not a task. Nothing was changed: name a task "+
		"of the same call by its place, 1 for the first, and others by their ids, such as t7.", i+1)
}

// checkWords refuses words with a likely credential, since the words of a task stay for a year.
//
// talk: held for its form
func checkWords(words string) error {
	if kind := sanitize.Credential(words); kind != "" {
		return fault.Refuse(fault.InvalidArgument, "The words hold what looks like %s, and everybody here could use "+
			"it. Nothing was changed: take it out; what one agent alone must have goes into a private message.", kind)
	}
	return nil
}

// parseAdd returns the tasks to add. All are checked: one event adds all, or none is added.
func (req TaskRequest) parseAdd() (add []room.Task, err error) {
	if len(req.Tasks) == 0 {
		return nil, fault.Refuse(fault.InvalidArgument, "add: give tasks, each with a title. Nothing was added.")
	}
	for i, t := range req.Tasks {
		task := room.Task{Title: t.Title, Text: t.Text}
		if err := room.CheckTitle(fmt.Sprintf("title of number %d", i+1), t.Title); err != nil {
			return nil, err
		}
		if err := room.CheckTaskText(fmt.Sprintf("text of number %d", i+1), t.Text); err != nil {
			return nil, err
		}
		if len(t.After) > core.MaxAfter {
			return nil, refuseManyAfter()
		}

		// A number without t stands for a task of this call, without an id so far, and is stored as a negative number.
		for j, id := range t.After {
			no, ok := room.TaskNumber(id)
			here, err := strconv.Atoi(strings.TrimSpace(id))
			switch {
			case !ok:
				return nil, refuseAfter(j)
			case err == nil && here > len(req.Tasks):
				return nil, refuseNumber(i+1, here)
			case err == nil:
				no = -no
			}
			task.After = append(task.After, no)
		}
		add = append(add, task)
	}
	return add, nil
}

// refuseNumber refuses an added task that waits for a task which the call does not have.
func refuseNumber(number, other int) error {
	return fault.Refuse(fault.InvalidArgument, "after of number %d names number %d, and this call adds no such task. "+
		"Nothing was added: name a task of the list by its id, such as t7.", number, other)
}

// resolveOffers returns the order with the seats of the agents in for.
func (op *taskOp) resolveOffers(state *room.State) (o room.TaskOrder, err error) {
	o = op.order
	o.Add = slices.Clone(o.Add)
	for i, t := range op.req.Tasks {
		o.Add[i].For, err = resolveOffer(state, t.For, fmt.Sprintf("for of number %d", i+1))
		if err != nil {
			return o, err
		}
	}
	o.Offers = op.req.For != nil
	o.For, err = resolveOffer(state, op.req.For, "for")
	return o, err
}

// resolveOffer returns the agents of names, each once. They must be in the room. field is the argument for the refusal.
func resolveOffer(state *room.State, names []string, field string) (found []room.Party, err error) {
	for i, given := range names {
		name, err := ident.AgentName(ident.Addressed(given))
		agent, here := state.Named(name.Key)
		if err != nil || !here {
			return nil, refuseOffer(field, i+1)
		}
		if to := agent.Party(); !slices.Contains(found, to) {
			found = append(found, to)
		}
	}
	return found, nil
}

func refuseOffer(field string, number int) error {
	return fault.Refuse(fault.InvalidArgument, "%s: name %d in it does not name anyone who is in this room. Nothing "+
		"was changed: correct it, or leave for out, and anyone may take the task, or wait until they have joined.",
		field, number)
}
