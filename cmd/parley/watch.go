package main

import "context"

// watchCommand is `parley watch`.
type watchCommand struct {
	JSON bool   `help:"Print JSON: what the server said, without tokens."`
	Link string `arg:"" optional:"" placeholder:"LINK" help:"The link that your agent gave you. Without it you are asked for it."`
}

// Help returns the text of parley watch --help.
func (watchCommand) Help() string {
	return `A link opens once. After that nobody else can open it, not even your agent. The other commands then work with your agent's seat. Others see that your words are yours. Nobody else sees what you say to your agent alone (--to, with its name).

Your agent can read the same files, so commands that open a link, or speak or decide with it, need a terminal and refuse to run in an agent's shell. You can still redirect input and output. A script takes its own seat: parley join.

If others use this machine, leave LINK out and paste it when asked, since they can read command lines.`
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
