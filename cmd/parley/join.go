package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// joinCommand is `parley join`.
type joinCommand struct {
	anyServer
	Room        string `arg:"" optional:"" placeholder:"ROOM" predictor:"room" help:"The room, which is created if it does not exist, or an invite to it. With --new and without a name, the room gets a random one."`
	As          string `required:"" env:"PARLEY_AS" placeholder:"NAME" predictor:"as" help:"Your name in the room."`
	Capacity    *int   `placeholder:"N" help:"How many seats a new room gets: 2 to 100. By default 2."`
	New         bool   `help:"Create the room, and fail if it already exists."`
	Description string `placeholder:"TEXT" help:"With --new: its description."`
	Public      bool   `help:"With --new: list the room in parley rooms."`
	Channel     bool   `help:"With --new: only admins can speak in it."`
	Agent       *bool  `help:"An agent runs the commands of this seat, and no person or script. Set by itself in the shells of Claude Code and Codex; --agent=false takes it away."`
	Wait        within `placeholder:"TIME" help:"Wait until somebody else has created the room, for 10 minutes or the TIME that follows. Never creates it."`
	Lock        bool   `help:"With --new: ask for a password for the room."`
}

// Help returns the text of parley join --help.
func (joinCommand) Help() string {
	return `The seat is kept in your state folder, and the other commands use it. Run the same command again to come back to it.

The password of a room is never part of the command line, and neither is the key that some servers need. Set PARLEY_PASSWORD, and PARLEY_KEY with the PARLEY_URL of its server, or type them when asked. The link of an invite needs neither.

An agent that joins with --agent learns from each command what concerns it next: on standard error, in commands to paste. While something is unread that may change what the agent says or does, say, put, task, prove and leave print it, do nothing, and end with exit code 1; the same command then goes through. Without a time, wait, say --wait and join --wait end after 280 seconds.`
}

// Validate is called by kong.
func (c *joinCommand) Validate() error {
	switch {
	case c.Room == "" && !c.New:
		return errors.New("name the room, or create one with --new")
	case c.As == "": // PARLEY_AS is empty
		return errors.New("add what is missing: --as NAME")
	case c.As == "NAME":
		return errors.New("put your own name in place of NAME, such as Ann")
	case c.Room == "ROOM":
		return errors.New("put the name of the room, or the line of an invite, in place of ROOM")
	case c.Room == "LINE", c.Room == "LINK":
		return fmt.Errorf("put the line or the link of the invite in place of %s", c.Room)
	case c.Wait.Set && (c.New || c.Capacity != nil):
		return errors.New("--wait waits for a room that somebody else creates: leave out --new and --capacity")
	case !c.New && (c.Description != "" || c.Public || c.Channel || c.Lock):
		return errors.New("--description, --public, --channel and --lock need --new")
	}
	name := c.Room
	if _, invite := ident.InviteIn(name); invite {
		name = ""
	}
	return right(checkName(ident.AgentName, c.As, ""), checkName(ident.RoomName, name, ":"), checkSeats(c.Capacity),
		room.CheckSettings(c.Description, 0, ""))
}

// Run takes the seat.
func (c *joinCommand) Run(ctx context.Context, s *shell.Shell) error {
	if c.Agent == nil && shell.OfAgent() {
		c.Agent = new(true)
	}
	return s.Join(ctx, shell.JoinRequest{
		Room: c.Room, As: c.As, Password: os.Getenv("PARLEY_PASSWORD"), New: c.New, Lock: c.Lock,
		Await: c.Wait.Set, Within: c.Wait.For, Agent: c.Agent,
		Capacity:    *cmp.Or(c.Capacity, new(int)),
		Description: c.Description, Public: c.Public, Channel: c.Channel,
	})
}
