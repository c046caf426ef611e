package main

import (
	"context"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// whoCommand is `parley who`.
type whoCommand struct{ ownSeat }

// Run shows the agents in the room.
func (c *whoCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Who(ctx, c.which())
}
