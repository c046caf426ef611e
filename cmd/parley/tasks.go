package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// tasksCommand is `parley tasks`.
type tasksCommand struct {
	ownSeat
	Closed bool `help:"Show tasks that are done or canceled, the newest first."`
}

// Help returns the text of parley tasks --help.
func (tasksCommand) Help() string {
	return `What a command printed that was run for a task is shown as its last line and the size of the whole. With --json it is the end of the output, as much as the server keeps.`
}

// Run shows the list.
func (c *tasksCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Tasks(ctx, c.which(), c.Closed)
}

// taskCommand is `parley task`.
type taskCommand struct {
	ownSeat
	Do      string         `arg:"" enum:"add,take,unassign,finish,cancel,edit,check" placeholder:"WHAT" help:"What to do: see above."`
	ID      string         `arg:"" optional:"" placeholder:"ID" help:"The id of a task, such as t7. Not with add."`
	Words   []string       `arg:"" optional:"" placeholder:"WORDS" help:"A title, the reason, or what was done; with check, same, differs or cannot, or -- COMMAND."`
	Text    string         `placeholder:"TEXT" help:"The details, with add and edit."`
	For     list           `placeholder:"NAME,..." help:"Assign it to these agents, with add, unassign and edit (comma-separated names)."`
	After   list           `placeholder:"ID,..." help:"The tasks that block it, with add and edit (comma-separated ids). Those that have ended do not."`
	Free    bool           `name:"no-after" help:"With edit: no task blocks it any more."`
	Exit    *int           `placeholder:"CODE" help:"With check: the exit code of the command here."`
	Timeout *time.Duration `placeholder:"TIME" help:"With check -- COMMAND: end the command after this time, such as 90s or 1h. By default 10m."`

	want shell.TaskRequest
	run  shell.ProveRequest // with check: the command to run, if there is one
}

// Help returns the text of parley task --help.
func (taskCommand) Help() string {
	return `Everybody in the room sees it. parley tasks shows the list.

  parley task add TITLE ...          put something on the list
  parley task take [ID]              take one, or the next that is free
  parley task unassign ID [WHY ...]  give it back
  parley task finish ID [WHAT ...]   it is done: say what was done
  parley task cancel ID              nobody needs to do it
  parley task edit ID [TITLE ...]    change its title, or --text, --for, --after
  parley task check ID -- COMMAND    you have read what was run for it, and mean
                                     to run it: type it, where you stand
  parley task check ID same --exit CODE
                                     you ran its command yourself: say how
                                     that ended (same, differs or cannot)

With check -- COMMAND, the words must be those that were reported, the folder that in which they ran, and the files the same; if not, nothing runs (exit code 2 or 4). A task of your own, or of another agent of yours, is for somebody else to check. The command runs as with parley prove, without the seats of parley.`
}

// taskActions are what a person can do to a task.
var taskActions = []string{"add", "take", "unassign", "finish", "cancel", "edit", "check"}

// verdicts are what a person can say of the command of a task.
var verdicts = []string{"same", "differs", "cannot"}

// actions are the server's words for a person's actions on a task.
var actions = map[string]string{"unassign": "release", "cancel": "drop"}

// Validate is called by kong.
func (c *taskCommand) Validate() error {
	c.want = shell.TaskRequest{Action: cmp.Or(actions[c.Do], c.Do),
		Text: c.Text, For: c.For, After: c.After, Free: c.Free}

	if c.Do != "" && !slices.Contains(taskActions, c.Do) {
		return nil // kong refuses the word, and names the right one
	}

	// Only a new task has no id: the first word belongs to the title.
	said := strings.Join(c.Words, " ")
	if c.Do == "add" {
		said = c.ID + " " + said
	} else {
		c.want.ID = c.ID
	}
	said = strings.TrimSpace(said)
	changes := c.Text != "" || len(c.For) > 0 || len(c.After) > 0 || c.Free

	// From here on each flag fits the action, so no flag is ignored in silence.
	switch {
	case c.Do == "":
		return errors.New("say what to do: add, take, unassign, finish, cancel, edit or check")
	case c.Do == "add" && said == "":
		return errors.New("the title is missing: " + c.command("task add TITLE"))
	case c.Do != "add" && c.Do != "take" && c.want.ID == "":
		return fmt.Errorf("%s what: the id of a task, such as t7; to see them: %s", c.Do, c.command("tasks"))
	case said == textHere || said == "TITLE":
		return errors.New("put your own words in place of " + said)
	case c.Do == "check" && c.Exit == nil && said != "" && !slices.Contains(verdicts, said):
		return c.checkCommand()
	case c.Do == "check":
		return c.checkVerdict(said)
	case c.Timeout != nil:
		return errors.New("--timeout needs check ID -- COMMAND")
	case c.Exit != nil:
		return errors.New("--exit needs check; to finish a task with what ran: " + c.command("prove ID -- COMMAND"))
	case (c.Do == "take" || c.Do == "cancel") && said != "":
		return fmt.Errorf("%s takes only the id of a task, such as t7", c.Do)
	case c.Do == "edit" && said == "" && !changes:
		return errors.New("edit: say what changes, with a TITLE, --text, --for, --after or --no-after")
	case c.Free && (c.Do != "edit" || len(c.After) > 0):
		return errors.New("--no-after needs edit, and no --after")
	case c.Do != "add" && c.Do != "edit" && (c.Text != "" || len(c.After) > 0):
		return errors.New("--text and --after need add or edit")
	case c.Do != "add" && c.Do != "edit" && c.Do != "unassign" && len(c.For) > 0:
		return errors.New("--for needs add, unassign or edit")
	}

	// With the other actions --text is refused above, so the words are the text.
	switch c.Do {
	case "add", "edit":
		c.want.Title = said
	default:
		c.want.Text = said
	}
	var titled error
	if c.want.Title != "" {
		titled = room.CheckTitle("the title", c.want.Title)
	}
	return right(titled, room.CheckTaskText("text", c.want.Text))
}

// checkVerdict refuses a check that says too little or too much.
func (c *taskCommand) checkVerdict(said string) error {
	switch {
	case !slices.Contains(verdicts, said):
		return errors.New("check: say same, differs or cannot, or -- COMMAND; for more words: " + c.command("say TEXT"))
	case c.others() || c.Timeout != nil:
		return errors.New("check takes --exit, and no other of these flags")
	case (c.Exit == nil) != (said == "cannot"):
		return errors.New("same and differs need --exit CODE, and cannot has none")
	case c.Exit != nil && (*c.Exit < -1 || *c.Exit > core.MaxExit):
		return right(room.RefuseExit())
	}
	c.want.Verdict, c.want.Exit = said, c.Exit
	return nil
}

// checkCommand reads a check that runs a command.
func (c *taskCommand) checkCommand() error {
	c.run = shell.ProveRequest{ID: c.ID, Args: c.Words, Limit: proveLimit}
	if c.Timeout != nil {
		c.run.Limit = *c.Timeout
	}
	switch {
	case c.others():
		return errors.New("check -- COMMAND takes --timeout, and no other of these flags")
	case c.run.Limit <= 0:
		return refuseTimeout()
	}
	return nil
}

// others reports whether a flag of another action than check was given.
func (c *taskCommand) others() bool {
	return c.Text != "" || len(c.For) > 0 || len(c.After) > 0 || c.Free
}

// Run changes the list.
func (c *taskCommand) Run(ctx context.Context, s *shell.Shell) error {
	if len(c.run.Args) > 0 {
		outliveReaders() // and so does the command
		return s.ProveTyped(ctx, c.which(), c.run)
	}
	return s.Task(ctx, c.which(), c.want)
}
