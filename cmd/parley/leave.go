package main

import (
	"context"
	"strings"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// leaveCommand is `parley leave`.
type leaveCommand struct {
	ownSeat
	Text []string `arg:"" optional:"" placeholder:"TEXT" help:"A last word to all."`
}

// Validate is called by kong.
func (c *leaveCommand) Validate() error { return checkSaid(c.Text) }

// Run gives the seat up.
func (c *leaveCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Leave(ctx, c.which(), strings.Join(c.Text, " "))
}
