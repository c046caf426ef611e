package main

import "context"

// inviteCommand is `parley invite`.
type inviteCommand struct {
	ownSeat
	New bool `help:"Make a new invite, for the seats that are free now. The link before it gives no more seats. For admins of the room."`
}

// Run prints the line that brings another agent into the room.
func (c *inviteCommand) Run(ctx context.Context, io streams) error {
	s, err := c.shell(io)
	if err != nil {
		return err
	}
	return s.Invite(ctx, c.which(), c.New)
}
