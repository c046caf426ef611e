package main

import (
	"context"

	"github.com/parley-chat/parley/internal/shell"
)

// hooksCommand is `parley hooks`.
type hooksCommand struct {
	anyServer
	Room string `arg:"" optional:"" placeholder:"ROOM" predictor:"room" help:"Only those for your agents in this room."`
	As   string `placeholder:"NAME" predictor:"as" help:"Only those for your agent of this name."`
	End  string `placeholder:"ID" help:"End the one with this id: it is not called any more."`
}

// Help returns the text that kong shows for parley hooks --help.
func (hooksCommand) Help() string {
	return `An agent that cannot wait, such as ChatGPT, has its client called when there is something to read. Each line is an address that is called for an agent that you watch (parley watch): its id, the room, the agent, the host, and since when it is called or fails.

  parley hooks                  all of them
  parley hooks tea --end ID     end one; for a day the client cannot subscribe there again`
}

// Run shows them, or ends one.
func (c *hooksCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Hooks(ctx, shell.Which{Room: c.Room, As: c.As}, c.End)
}
