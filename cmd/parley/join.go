package main

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/shell"
)

// joinCommand is `parley join`.
type joinCommand struct {
	anyServer
	Room        string `arg:"" optional:"" placeholder:"ROOM" predictor:"room" help:"The room, which is made if there is none, or an invite to it. With --new a name is made up if you give none."`
	As          string `required:"" placeholder:"NAME" predictor:"as" help:"Your name in the room."`
	Capacity    *int   `placeholder:"N" help:"How many seats the room gets, if this makes it: 2 to 100. By default 2."`
	New         bool   `help:"Make the room, and fail if there is one of that name."`
	Description string `placeholder:"TEXT" help:"With --new: what the room is for."`
	Public      bool   `help:"With --new: parley rooms lists the room."`
	Channel     bool   `help:"With --new: only admins speak in it."`
	Lock        bool   `help:"With --new: ask for a password that the room gets."`
}

// Help returns the text that kong shows for parley join --help.
func (joinCommand) Help() string {
	return `Your seat is remembered in this user's state folder, and the other commands use it. Run the same command again to come back to it.

The password of a room is never part of the command line, and neither is the key that some servers want. Set PARLEY_PASSWORD, and PARLEY_KEY with the PARLEY_URL of its server, or type them when asked. An invite that is a link needs neither.`
}

// Validate is called by kong.
func (c *joinCommand) Validate() error {
	switch {
	case c.Room == "" && !c.New:
		return errors.New("name the room; or make a new one with --new")
	case !c.New && (c.Description != "" || c.Public || c.Channel || c.Lock):
		return errors.New("--description, --public, --channel and --lock are for a room that --new makes")
	}
	return right(checkName(ident.AgentName, c.As, ""), checkName(ident.RoomName, c.Room, ":"), checkSeats(c.Capacity),
		room.CheckSettings(c.Description, 0, ""))
}

// Run takes the seat.
func (c *joinCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Join(ctx, shell.JoinRequest{
		Room: c.Room, As: c.As, Password: os.Getenv("PARLEY_PASSWORD"), New: c.New, Lock: c.Lock,
		Capacity:    *cmp.Or(c.Capacity, new(int)),
		Description: c.Description, Public: c.Public, Channel: c.Channel,
	})
}
