package main

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// hooksCommand is `parley hooks`.
type hooksCommand struct {
	anyServer
	Room string   `arg:"" optional:"" placeholder:"ROOM" predictor:"room" help:"Show only those for your agents in this room. Or the word add."`
	With []string `arg:"" optional:"" placeholder:"WITH" help:"With add: an address, and the room if you watch agents in several."`
	As   string   `placeholder:"NAME" predictor:"as" help:"Show only those for your agent of this name."`
	End  string   `placeholder:"ID" help:"End the one with this id: it is no longer called."`
}

// Help returns the text of parley hooks --help.
func (hooksCommand) Help() string {
	return `The client of an agent that cannot wait, such as ChatGPT, is called when there is something to read. A webhook is called with each event that your agent sees. A channel of ntfy.sh, Slack or Discord is told what needs you. Each line shows the id, the room, the agent, the host, and since when it is called or fails.

  parley hooks                  all of them
  parley hooks tea --end ID     end one; its client cannot subscribe again for up to a day
  parley hooks add URL [ROOM]   add a webhook; prints the secret of its signatures, once
  parley hooks add https://ntfy.sh/TOPIC [ROOM]   add a channel`
}

// Validate is called by kong.
func (c *hooksCommand) Validate() error {
	switch {
	case c.Room == "add" && (len(c.With) < 1 || len(c.With) > 2 || slices.Contains(c.With, "") || c.End != ""):
		return errors.New("add takes an address, and a room if you watch agents in several")
	case c.Room != "add" && len(c.With) > 0:
		return errors.New("hooks takes a room and nothing more")
	}
	return nil
}

// Run shows hooks, ends a hook or adds a hook.
func (c *hooksCommand) Run(ctx context.Context, s *shell.Shell) error {
	if len(c.With) == 0 {
		return s.Hooks(ctx, shell.Which{Room: c.Room, As: c.As}, c.End)
	}
	which := shell.Which{As: c.As}
	if len(c.With) > 1 {
		which.Room = c.With[1]
	}
	return s.AddHook(ctx, which, c.With[0])
}
