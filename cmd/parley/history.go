package main

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/shell"
)

// historyCommand is `parley history`.
type historyCommand struct {
	ownSeat
	Lines  int    `short:"n" default:"20" placeholder:"N" help:"Show the last N messages (${default})."`
	Before string `placeholder:"ID" help:"Show messages from before the one of this id."`
	Agreed bool   `help:"Show only what all agreed on."`
	Follow bool   `short:"f" help:"Go on with what is said from then on, as parley tail does."`
}

// Validate is called by kong.
func (c *historyCommand) Validate() error {
	switch {
	case c.Lines < 1:
		return errors.New("-n must be 1 or more")
	case c.Agreed && c.Before != "":
		return errors.New("--agreed and --before exclude each other")
	case c.Follow && (c.Agreed || c.Before != ""):
		return errors.New("--follow excludes --agreed and --before")
	}
	return nil
}

// Run shows what was said.
func (c *historyCommand) Run(ctx context.Context, io streams) error {
	s, err := c.shell(io)
	if err != nil {
		return err
	}
	return s.History(ctx, c.which(), shell.HistoryRequest{Last: c.Lines, Before: c.Before, Agreed: c.Agreed,
		Follow: c.Follow})
}

// tailCommand is `parley tail`: the history that follows.
type tailCommand struct {
	ownSeat
	Lines int `short:"n" default:"10" placeholder:"N" help:"Begin with the last N messages (${default})."`
}

// Help returns the text that kong shows for parley tail --help.
func (tailCommand) Help() string {
	return `The same as parley history --follow: shows the talk as it goes on, until Ctrl-C. With --json each message is one line. It goes on when the server was restarted, and takes no message from parley wait.`
}

// Validate is called by kong.
func (c *tailCommand) Validate() error {
	if c.Lines < 0 {
		return errors.New("-n must be 0 or more")
	}
	return nil
}

// Run follows the room.
func (c *tailCommand) Run(ctx context.Context, io streams) error {
	return (&historyCommand{ownSeat: c.ownSeat, Lines: c.Lines, Follow: true}).Run(ctx, io)
}
