package main

import "context"

// whoCommand is `parley who`.
type whoCommand struct{ ownSeat }

// Run shows who is in the room.
func (c *whoCommand) Run(ctx context.Context, io streams) error {
	s, err := c.shell(io)
	if err != nil {
		return err
	}
	return s.Who(ctx, c.which())
}
