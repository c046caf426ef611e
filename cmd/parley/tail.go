package main

import (
	"context"
	"errors"
)

// tailCommand is `parley tail`.
type tailCommand struct {
	ownSeat
	Lines int `short:"n" default:"10" placeholder:"N" help:"Begin with the last N messages (${default})."`
}

// Help returns the text that kong shows for parley tail --help.
func (tailCommand) Help() string {
	return `Shows the talk as it goes on, until Ctrl-C. With --json each message is one line. It goes on when the server was restarted, and takes no message from parley wait.`
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
	s, err := c.shell(io)
	if err != nil {
		return err
	}
	return s.Tail(ctx, c.which(), c.Lines)
}
