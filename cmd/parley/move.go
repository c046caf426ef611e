package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// moveCommand is `parley move`.
type moveCommand struct {
	JSON bool   `help:"Print JSON: what has moved, without tokens."`
	Old  string `arg:"" placeholder:"OLD" help:"The address that the server had, such as https://one.trycloudflare.com."`
	New  string `arg:"" placeholder:"NEW" help:"The address that it has now."`

	from, to string
}

// Help returns the text of parley move --help.
func (moveCommand) Help() string {
	return `Use this if a server has another address now, as a tunnel has at each start. It names the seats and both addresses, and asks. Then your seats, those of your agents, your key and connected clients are for the new address. A seat that you have there already stays at the old one.

From then on your commands and agents show their secrets to the new address, so it asks on a terminal, and does nothing in an agent's shell. It refuses an address at which something else than Parley answers.

If it is interrupted, nothing is lost: run it again.`
}

// Validate is called by kong.
func (c *moveCommand) Validate() error {
	if c.New == "" {
		return nil // the parser says which argument is missing
	}
	old, errOld := client.ParsePlace(c.Old)
	now, errNow := client.ParsePlace(c.New)
	if err := errors.Join(errOld, errNow); err != nil {
		return err
	}
	for _, p := range []client.Place{old, now} {
		if p != (client.Place{Base: p.Base}) {
			return fmt.Errorf("%v is not the address of a server alone: leave out the key or the invite", p)
		}
	}
	if old == now {
		return errors.New("give two addresses: the one that the server had, and the one that it has now")
	}
	c.from, c.to = old.Base, now.Base
	return nil
}

// Run moves seats, key and clients.
func (c *moveCommand) Run(ctx context.Context, streams streams) error {
	s, err := anyServer{JSON: c.JSON}.ProvideShell(streams)
	if err != nil {
		return err
	}
	return c.move(ctx, s)
}

func (c *moveCommand) move(ctx context.Context, s *shell.Shell) error {
	m, err := thisMachine()
	if err != nil {
		return err
	}
	planned, err := m.Move(c.from, c.to, true) // an error of the dry run stops the command before any change
	if err != nil {
		return fmt.Errorf("nothing was moved: %w", err)
	}
	clients := shell.Clients{Connect: func() error { _, err := m.Move(c.from, c.to, false); return err }}
	for _, report := range planned {
		clients.Names = append(clients.Names, report.Client)
		if report.Trust {
			clients.Then = append(clients.Then, report.Client+" asks once whether you trust the hooks that wake the "+
				"agent: trust them, there or under /hooks.")
		}
	}
	for _, is := range m.List() {
		if p, err := client.ParsePlace(is.Server); err == nil && p.Base == c.from &&
			!slices.Contains(clients.Names, is.Name) {
			clients.Then = append(clients.Then, is.Name+" has the old address, which parley connect has not written. "+
				"To give it the new one: parley connect "+is.ID+" --url "+c.to)
		}
	}
	return s.Move(ctx, c.from, c.to, clients)
}
