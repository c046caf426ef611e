package main

import "context"

// watchCommand is `parley watch`.
type watchCommand struct {
	JSON bool   `help:"Print JSON: what the server said, without tokens."`
	Link string `arg:"" optional:"" placeholder:"LINK" help:"The link that your agent gave you. Without one you are asked for it."`
}

// Help returns the text that kong shows for parley watch --help.
func (watchCommand) Help() string {
	return `A link opens once: from then on nobody else can open it, your agent included. The other commands then work with your agent's seat. Others see that your words are yours. Nobody else sees what you say to your agent alone (--to, with its name).

Your agent can read the same files. The commands that open a link, or say or decide something by it, therefore need a terminal, and refuse in the shell of an agent. You may redirect input and output. A script takes a seat of its own: parley join.

Where others use this machine, too, leave LINK out and paste it when asked: they can read command lines.`
}

// Run opens the link.
func (c *watchCommand) Run(ctx context.Context, io streams) error {
	s, err := anyServer{JSON: c.JSON}.ProvideShell(io)
	if err != nil {
		return err
	}
	if c.Link == "" {
		c.Link, err = s.AskForLink()
		if err != nil {
			return err
		}
	}
	return s.Watch(ctx, c.Link)
}
