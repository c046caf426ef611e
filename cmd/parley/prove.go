package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli/prove"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// proveCommand is `parley prove`.
type proveCommand struct {
	ownSeat
	ID      string        `arg:"" placeholder:"ID" help:"The id of a task, such as t7."`
	Command []string      `arg:"" optional:"" placeholder:"COMMAND" help:"The command and its arguments, behind --."`
	Text    string        `placeholder:"TEXT" help:"What came of it, in your own words, in place of the end of the output."`
	Again   bool          `help:"Run the command of a finished task again, and report whether the result is the same."`
	In      string        `placeholder:"DIR" help:"Run it in this folder. With --again: a folder of the repository. By default the current one."`
	Timeout time.Duration `default:"10m" placeholder:"TIME" help:"End the command after this time, such as 90s or 1h. By default ${default}."`
}

// proveLimit is how long a command may run by default.
const proveLimit = 10 * time.Minute

// Help returns the text of parley prove --help.
func (proveCommand) Help() string {
	return `Runs the command, shows what it prints, and finishes the task with what ran: the command, its exit code and, in a Git repository, the commit and the tree of all files, also of those that are not committed. The end of the output becomes the result, or your own words (--text).

  parley prove t7 -- make test       if it ends with 0, t7 is done
  parley prove --again t7            run it again, on the same files

A command that fails finishes nothing, and its exit code is that of parley prove: 124 after --timeout, 127 if there is no such command. The command has no input and no terminal, and what it has started ends with it. No shell reads it: for a pipe, write sh -c '...'.

With --again it shows who reported which command on which files, and asks you at the terminal. If the files here are others, it runs nothing (exit code 4), and without your yes neither (5). It checks nothing out. Whether the command does harm is decided by what the files do.`
}

// Validate is called by kong.
func (c *proveCommand) Validate() error {
	switch {
	case c.Again && len(c.Command) > 0:
		return errors.New("with --again the command is that of the task: leave yours out")
	case c.Again && c.Text != "":
		return errors.New("--text is for your own task: leave it out with --again")
	case !c.Again && len(c.Command) == 0:
		return errors.New("the command is missing: " + c.command("prove ID -- COMMAND"))
	case c.Timeout <= 0:
		return refuseTimeout()
	}
	if about, err := os.Stat(c.In); c.In != "" && (err != nil || !about.IsDir()) {
		return fmt.Errorf("--in %s is no folder", c.In)
	}
	if c.Again {
		return nil
	}
	line := prove.Join(c.Command)
	if kind := sanitize.Credential(line); kind != "" {
		return fmt.Errorf("the command line holds what looks like %s, and the room would read it: put it into a "+
			"variable or a file", kind)
	}
	return right(room.Evidence{Ran: line}.CheckEvidence(), room.CheckTaskText("text", c.Text))
}

func refuseTimeout() error { return errors.New("--timeout must be a time such as 10m") }

// Run runs the command.
func (c *proveCommand) Run(ctx context.Context, s *shell.Shell) error {
	outliveReaders() // and so does the command
	req := shell.ProveRequest{ID: c.ID, Args: c.Command, In: c.In, Limit: c.Timeout}
	req.Text = strings.Join(strings.Fields(c.Text), " ") // lists show one line
	if c.Again {
		return s.ProveAgain(ctx, c.which(), req)
	}
	return s.Prove(ctx, c.which(), req)
}
