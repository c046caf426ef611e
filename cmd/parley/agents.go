package main

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// agentsCommand is `parley agents`.
type agentsCommand struct {
	anyServer
	Do   string   `arg:"" optional:"" enum:"list,add,end" default:"list" placeholder:"WHAT" help:"What to do: see above. By default, list them."`
	With []string `arg:"" optional:"" placeholder:"WITH" help:"What it needs: an address or an id, and a room."`
	As   string   `placeholder:"NAME" predictor:"as" help:"Show only the one of this name. With add: an agent that you watch in the room."`
	Name string   `placeholder:"NAME" help:"With add: the name of the agent in the room. By default the name on its agent card."`
}

// Help returns the text of parley agents --help.
func (agentsCommand) Help() string {
	return `An A2A agent waits at an address for calls. Added to a room, it gets a seat, is called when there is something for it, and its answers are sent to the room. Its work may cost you money, so agents of the room can then send at most 50 messages without a human reply, unless the room has another limit (parley room --agent-messages).

  parley agents                   those that you watch
  parley agents add URL [ROOM]    add the one whose agent card is at this URL
  parley agents end ID [ROOM]     have it leave the room`
}

// Validate is called by kong.
func (c *agentsCommand) Validate() error {
	most := map[string]int{"list": 1, "add": 2, "end": 2}[c.Do]
	switch {
	case len(c.With) > most || slices.Contains(c.With, ""):
		return errors.New(c.Do + " takes fewer arguments, and none that is empty")
	case c.Do == "add" && len(c.With) == 0:
		return errors.New("add takes the URL of an agent card, and a room if you watch agents in several")
	case c.Do == "end" && len(c.With) == 0:
		return errors.New("end takes the id of an agent that you have added")
	case c.Do != "add" && c.Name != "":
		return errors.New("--name needs add")
	}
	return nil
}

// Run shows agents, adds an agent, or ends an agent.
func (c *agentsCommand) Run(ctx context.Context, s *shell.Shell) error {
	which, with := shell.Which{As: c.As}, ""
	if c.Do == "list" {
		c.With = slices.Insert(c.With, 0, "")
	}
	with = c.With[0]
	if len(c.With) > 1 {
		which.Room = c.With[1]
	}
	if c.Do == "add" {
		return s.AddAgent(ctx, which, with, c.Name)
	}
	return s.Agents(ctx, which, with)
}
