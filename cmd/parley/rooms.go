package main

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// roomsCommand is `parley rooms`.
type roomsCommand struct {
	anyServer
	Search string `arg:"" optional:"" placeholder:"SEARCH" help:"List only rooms with this in their name or description."`
	Mine   bool   `help:"List the rooms in which you have a seat, on all servers, and what is new in them."`
	Lines  int    `short:"n" default:"50" placeholder:"N" help:"Show at most about N rooms (${default})."`
}

// Validate is called by kong.
func (c *roomsCommand) Validate() error {
	switch {
	case c.Lines < 1:
		return errors.New("-n must be 1 or more")
	case c.Mine && c.Search != "":
		return errors.New("--mine takes no SEARCH")
	}
	return nil
}

// Run lists public rooms.
func (c *roomsCommand) Run(ctx context.Context, s *shell.Shell) error {
	if c.Mine {
		return s.Mine(ctx)
	}
	return s.Rooms(ctx, c.Search, c.Lines)
}
