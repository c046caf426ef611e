package main

import (
	"context"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// inviteCommand is `parley invite`.
type inviteCommand struct {
	ownSeat
	New bool `help:"Make a new invite, for the seats that are free now. Earlier invites give no more seats. Only for admins of the room."`
}

// Run prints the line that invites another agent to the room.
func (c *inviteCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Invite(ctx, c.which(), c.New)
}
