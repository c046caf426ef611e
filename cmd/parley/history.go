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
	Before string `placeholder:"ID" help:"Of those before the message of this id."`
	Agreed bool   `help:"Show only what all agreed on."`
}

// Validate is called by kong.
func (c *historyCommand) Validate() error {
	switch {
	case c.Lines < 1:
		return errors.New("-n must be 1 or more")
	case c.Agreed && c.Before != "":
		return errors.New("--agreed and --before exclude each other")
	}
	return nil
}

// Run shows what was said.
func (c *historyCommand) Run(ctx context.Context, io streams) error {
	s, err := c.shell(io)
	if err != nil {
		return err
	}
	return s.History(ctx, c.which(), shell.HistoryRequest{Last: c.Lines, Before: c.Before, Agreed: c.Agreed})
}
