package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// roomCommand is `parley room`.
type roomCommand struct {
	ownSeat
	Name          *string `placeholder:"NAME" help:"Give the room this name."`
	Description   *string `placeholder:"TEXT" help:"Its description; \"\" removes it."`
	Capacity      *int    `placeholder:"N" help:"The number of seats: 2 to 100, and at least as many as are taken."`
	Lock          bool    `xor:"lock" help:"Set a new password: asks for it, or takes PARLEY_PASSWORD. Earlier invites then give no more seats."`
	Unlock        bool    `xor:"lock" help:"Remove the password."`
	Public        *bool   `negatable:"" help:"List it in parley rooms; --no-public takes it off."`
	Channel       *bool   `negatable:"" help:"Let only admins speak; --no-channel lets all."`
	AgentMessages *int    `placeholder:"N" help:"Agent messages without a human reply; 0 for no limit."`
	Close         bool    `help:"Close the room for good. What was said can still be read."`
}

// Help returns the text of parley room --help.
func (roomCommand) Help() string {
	return `Without flags, shows the settings. Everybody in the room sees changes.

  parley room --capacity 5 --description "the release of Friday"`
}

// Validate is called by kong.
func (c *roomCommand) Validate() error {
	if c.Close && (c.Name != nil || c.Description != nil || c.Capacity != nil || c.Lock || c.Unlock ||
		c.Public != nil || c.Channel != nil || c.AgentMessages != nil) {
		return errors.New("--close goes alone: a closed room has no settings")
	}
	return right(checkName(ident.RoomName, *cmp.Or(c.Name, new(string)), ":"), checkSeats(c.Capacity),
		room.CheckAgentMessages(c.AgentMessages), room.CheckSettings(*cmp.Or(c.Description, new(string)), 0, ""))
}

// Run changes or shows the room.
func (c *roomCommand) Run(ctx context.Context, s *shell.Shell) error {
	req := shell.RoomRequest{Name: c.Name, Description: c.Description, Capacity: c.Capacity, Public: c.Public,
		Channel: c.Channel, AgentMessages: c.AgentMessages, Close: c.Close}
	if c.Lock || c.Unlock {
		req.Lock = &c.Lock
	}
	if c.Lock {
		req.Password = os.Getenv("PARLEY_PASSWORD")
	}
	return s.Room(ctx, c.which(), req)
}

// manageCommand is `parley manage`.
type manageCommand struct {
	ownSeat
	Do    string   `arg:"" enum:"promote,demote,mute,unmute,kick,ban,unban" placeholder:"WHAT" help:"What to do: see above."`
	Names []string `arg:"" name:"name" placeholder:"NAME" help:"The agents, at most 15: it is done to all of them or to none."`
	Note  string   `placeholder:"TEXT" help:"Why, for all to read."`
	Clear bool     `help:"With ban: also remove all files and open tasks of agents that had this name."`
}

// Help returns the text of parley manage --help.
func (manageCommand) Help() string {
	return `Only for admins of the room.

  parley manage promote NAME     make it an admin; demote takes that back
  parley manage mute NAME        it can only read; unmute lets it speak again
  parley manage kick NAME...     take the seats of agents
  parley manage ban NAME         take its seat, and keep its name out; unban lets it back in`
}

// Validate is called by kong.
func (c *manageCommand) Validate() error {
	if slices.Contains(c.Names, "") {
		return errors.New("say what to do and with whom, such as mute Bob")
	}
	if c.Clear && c.Do != "ban" {
		return errors.New("--clear goes with ban")
	}
	checks := []error{room.CheckNote("note", c.Note)}
	for _, name := range c.Names {
		_, named := ident.Nickname("agent_name", name)
		checks = append(checks, named)
	}
	return right(checks...)
}

// Run acts on the agents.
func (c *manageCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Manage(ctx, c.which(), shell.ManageRequest{Action: c.Do, Names: c.Names, Note: c.Note, Clear: c.Clear})
}

// removeCommand is `parley remove`.
type removeCommand struct {
	ownSeat
	ID string `arg:"" placeholder:"ID" help:"The id of the message or check (parley history --json shows it), or of the task."`
}

// Help returns the text of parley remove --help.
func (removeCommand) Help() string {
	return `Only its author and admins of the room can do that. With the id of a task, it removes everything that was said about that task. Others may have read it already.`
}

// Run removes the text.
func (c *removeCommand) Run(ctx context.Context, s *shell.Shell) error {
	return s.Remove(ctx, c.which(), c.ID)
}

// forgetCommand is `parley forget`.
type forgetCommand struct{ ownSeat }

// Help returns the text of parley forget --help.
func (forgetCommand) Help() string {
	return `The seat itself stays until it has been inactive for long; parley leave gives it up. A seat that you watch belongs to its agent, and stays.`
}

// Run forgets the seat.
func (c *forgetCommand) Run(_ context.Context, s *shell.Shell) error {
	return s.Forget(c.which())
}
