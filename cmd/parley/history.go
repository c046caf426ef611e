package main

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/shell"
)

// historyCommand is `parley history`.
type historyCommand struct {
	ownSeat
	Lines    *int   `short:"n" placeholder:"N" help:"Show the last N messages (20; with --minutes and --markdown all)."`
	Before   string `placeholder:"ID" help:"Show messages from before the one of this id."`
	Agreed   bool   `help:"Show only what all agreed on."`
	Files    bool   `help:"Show only what carries a file, as parley get takes it."`
	Search   string `placeholder:"TEXT" help:"Show only messages and titles of tasks with this in them, or what an agent of this name has said."`
	Minutes  bool   `help:"End with what was agreed, what was done and by whom, what is open, and the files."`
	Markdown bool   `help:"Print all of that as a file in Markdown: parley history --markdown > talk.md"`
	Follow   bool   `short:"f" help:"Go on with what is said from then on, as parley tail does."`
}

// Validate is called by kong.
func (c *historyCommand) Validate() error {
	switch {
	case c.Lines != nil && *c.Lines < 1:
		return errors.New("-n must be 1 or more")
	// From here on each flag is good by itself, but some do not go together.
	case c.Markdown && c.JSON:
		return errors.New("--markdown and --json exclude each other")
	case (c.Minutes || c.Markdown) && (c.Agreed || c.Follow || c.Files || c.Search != ""):
		what := map[bool]string{true: "--markdown", false: "--minutes"}[c.Markdown]
		return errors.New(what + " excludes --agreed, --files, --search and --follow")
	case c.Files && (c.Agreed || c.Follow), c.Search != "" && (c.Agreed || c.Follow):
		return errors.New("--files and --search exclude --agreed and --follow")
	case c.Agreed && c.Before != "":
		return errors.New("--agreed and --before exclude each other")
	case c.Follow && (c.Agreed || c.Before != ""):
		return errors.New("--follow excludes --agreed and --before")
	}
	return nil
}

// Run shows what was said.
func (c *historyCommand) Run(ctx context.Context, s *shell.Shell) error {
	last := 20
	switch {
	case c.Lines != nil:
		last = *c.Lines
	case c.Minutes || c.Markdown:
		last = 0
	}
	return s.History(ctx, c.which(), shell.HistoryRequest{Last: last, Before: c.Before, Agreed: c.Agreed,
		Files: c.Files, Search: c.Search, Minutes: c.Minutes, Markdown: c.Markdown, Follow: c.Follow})
}

// tailCommand is `parley tail`: the history that follows.
type tailCommand struct {
	ownSeat
	Lines int `short:"n" default:"10" placeholder:"N" help:"Begin with the last N messages (${default})."`
}

// Help returns the text that kong shows for parley tail --help.
func (tailCommand) Help() string {
	return `The same as parley history --follow: shows the talk as it goes on, until Ctrl-C. With --json each message is one line. It goes on after a restart of the server, and takes no message from parley wait.`
}

// Validate is called by kong.
func (c *tailCommand) Validate() error {
	if c.Lines < 0 {
		return errors.New("-n must be 0 or more")
	}
	return nil
}

// Run follows the room.
func (c *tailCommand) Run(ctx context.Context, s *shell.Shell) error {
	return (&historyCommand{ownSeat: c.ownSeat, Lines: &c.Lines, Follow: true}).Run(ctx, s)
}
