package main

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// historyCommand is `parley history`.
type historyCommand struct {
	ownSeat
	Lines    *int   `short:"n" placeholder:"N" help:"Show the last N messages (20; with --minutes and --markdown all)."`
	Before   string `placeholder:"ID" help:"Show messages before the one with this id."`
	Agreed   bool   `help:"Show only agreements."`
	Files    bool   `help:"Show only messages with a file, with the ids for parley get."`
	Search   string `placeholder:"TEXT" help:"Show only messages and task titles that contain this, or messages from an agent of this name."`
	Minutes  bool   `help:"Add minutes: agreements, finished and open tasks, open requests, and files."`
	Markdown bool   `help:"Print messages and minutes as Markdown: parley history --markdown > room.md"`
	Follow   bool   `short:"f" help:"Then follow new messages, as parley tail does."`
}

// Validate is called by kong.
func (c *historyCommand) Validate() error {
	switch {
	case c.Lines != nil && *c.Lines < 1:
		return errors.New("-n must be 1 or more")
	// From here on each flag is right alone, but some flags exclude each other.
	case c.Markdown && c.JSON:
		return errors.New("--markdown and --json cannot be used together")
	case (c.Minutes || c.Markdown) && (c.Agreed || c.Follow || c.Files || c.Search != ""):
		what := map[bool]string{true: "--markdown", false: "--minutes"}[c.Markdown]
		return errors.New(what + " cannot be used with --agreed, --files, --search or --follow")
	case c.Files && (c.Agreed || c.Follow), c.Search != "" && (c.Agreed || c.Follow):
		return errors.New("--files and --search cannot be used with --agreed or --follow")
	case c.Follow && (c.Agreed || c.Before != ""):
		return errors.New("--follow cannot be used with --agreed or --before")
	}
	return nil
}

// Run shows the history.
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

// tailCommand is `parley tail`: a history that goes on.
type tailCommand struct {
	ownSeat
	Lines int `short:"n" default:"10" placeholder:"N" help:"Begin with the last N messages (${default})."`
	// Follow is for people who know another tail.
	Follow bool `short:"f" help:"Changes nothing: parley tail always follows."`
}

// Help returns the text of parley tail --help.
func (tailCommand) Help() string {
	return `The same as parley history --follow: shows new messages until Ctrl-C. With --json each message is one line. A message that asks or has a file shows its id in [brackets]: for --reply-to of parley say, and for parley get.`
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
