package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// putCommand is `parley put`.
type putCommand struct {
	ownSeat
	File    string `arg:"" placeholder:"FILE" predictor:"file" help:"The file, or - to read it from standard input."`
	Name    string `placeholder:"NAME" help:"Share it under this name. By default the file's own name."`
	Note    string `placeholder:"TEXT" help:"A text to send with it."`
	To      list   `placeholder:"NAME,..." help:"Share it only with these agents (comma-separated names), or with everyone. By default as in parley say."`
	ReplyTo string `placeholder:"ID" help:"Answer the message with this id."`
	Propose bool   `help:"Ask all to agree on the file; with --reply-to an agreement, to replace that."`
}

// Help returns the text of parley put --help.
func (putCommand) Help() string {
	return `Prints the id by which others get the file, and the line that gets it; into a pipe the id alone.

  parley put report.pdf --note "page 3 is new"
  git diff | parley put - --name fix.diff`
}

// Validate is called by kong.
func (c *putCommand) Validate() error {
	var named, noted error
	if c.Name != "" {
		_, named = room.FileName(c.Name)
	}
	if c.Note != "" {
		noted = room.CheckText(c.Note)
	}
	return right(named, noted)
}

// Run shares the file.
func (c *putCommand) Run(ctx context.Context, io streams, s *shell.Shell) error {
	req := shell.PutRequest{Path: c.File, In: io.in, Name: c.Name, Note: c.Note, To: c.To, ReplyTo: c.ReplyTo}
	if c.Propose {
		req.Kind = string(room.Proposal)
	}
	return s.Put(ctx, c.which(), req)
}

// getCommand is `parley get`.
type getCommand struct {
	ownSeat
	ID     string `arg:"" placeholder:"ID" help:"The id of the message that carries the file."`
	Output string `short:"o" placeholder:"PATH" predictor:"file" help:"Where to save it: a file, a folder, or - for standard output."`
	Force  bool   `help:"Replace an existing file."`
}

// Help returns the text of parley get --help.
func (getCommand) Help() string {
	return `Without -o the file is saved in the current folder, under a name from the server, such as parley-m1a2b3.png. The sender's name for it is not used: some program might run or obey a file of that name. parley history --minutes lists all files.

  parley get m1a2b3
  parley get m1a2b3 -o - | less`
}

// Validate is called by kong.
func (c *getCommand) Validate() error {
	c.ID = strings.TrimSpace(c.ID)
	if c.ID == "" {
		return fmt.Errorf("give the id of a message with a file; to see them: %s", c.command("history --files"))
	}
	return nil
}

// Run saves the file.
func (c *getCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Get(ctx, c.which(), shell.GetRequest{ID: c.ID, Path: c.Output, Force: c.Force})
}
