package shell

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Clients are the agents' clients on this machine that Move connects to another address.
type Clients struct {
	Names   []string // of the clients that are connected to the old address
	Connect func() error
	Then    []string // what the person must still do, in sentences
}

// moveTime bounds how long a command waits to learn which of two servers or seats is meant.
const moveTime = 3 * time.Second

// Move takes all that the person keeps of a server from one address of the server to another, if the person agrees: the
// operator of the new address then sees the tokens of the seats. Before the person agrees, Move only asks whether
// Parley is there.
func (s *Shell) Move(ctx context.Context, from, to string, clients Clients) error {
	m, err := client.ReadMove(from, to)
	if err != nil {
		return err
	}
	if len(m.Seats) == 0 && !m.Key && !m.Saved && len(clients.Names) == 0 {
		return s.nothingAt(m)
	}
	if err := s.refuseAgents(""); err != nil {
		return err
	}
	away, err := s.isParley(ctx, to)
	if err != nil {
		return err
	}

	// Nothing has changed yet, and nothing secret was sent: now the person decides.
	s.Out.hint("This goes from %s to %s:\n%s", from, to, lines(listOf(m, clients.Names)))
	if away {
		s.Out.hint("Nobody answers at %s yet.", to)
	}
	if s.Confirm == nil {
		return fail(usage, "Nothing was moved: there is no terminal to say yes on.")
	}
	answer, err := s.Confirm("Whoever runs " + HarmlessLine(to) + " is then shown your secrets for all this. " +
		"Move it? Type yes and press Enter: ")
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return fail(failed, "Nothing was moved.")
	}

	// A failure from here on leaves some at the old address, where the same command finds the rest.
	if err := m.Move(clients.Connect); err != nil {
		return fmt.Errorf("%w; what is not moved yet goes with the same command again", err)
	}
	if err := s.moved(m, clients.Names); err != nil {
		return err
	}
	for _, sentence := range clients.Then {
		s.Out.hint("%s", sentence)
	}
	return nil
}

// nothingAt says that there is nothing to move, and where the person has seats.
func (s *Shell) nothingAt(m client.Moving) error {
	if len(m.Stay) > 0 {
		return fail(failed, "Nothing was moved: %s has all seats already that you have at %s.", m.To, m.From)
	}
	others, err := s.otherServers(m.From, func(client.Seat) bool { return true })
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return fail(gone, "Nothing was moved: you keep nothing of a server at %s.", m.From)
	}
	return fail(gone, "Nothing was moved: you keep nothing of a server at %s. You have seats at: %s", m.From,
		strings.Join(others, ", "))
}

// isParley refuses an address at which something else answers. away says that nothing answers.
func (s *Shell) isParley(ctx context.Context, base string) (away bool, err error) {
	limited, cancel := context.WithTimeout(ctx, moveTime)
	defer cancel()
	c := s.Dial(client.Place{Base: base}, "")
	defer c.Close()
	name, _, err := c.Server(limited)
	lost := new(client.Unreachable)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err == nil && name == "parley", errors.As(err, new(*fault.Error)):
		return false, nil
	case err == nil:
		return false, fail(failed, "Nothing was moved: the MCP server at %s is %q, not Parley.", base, name)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &lost) && !lost.Answered():
		return true, nil
	}
	return false, fail(failed, "Nothing was moved: %s", err.Error())
}

// listOf names what moves, and what stays.
func listOf(m client.Moving, clients []string) string {
	var list []string
	add := func(format string, args ...any) { list = append(list, "  "+sentence(format, args...)) }
	for _, seat := range m.Seats {
		add("the seat in the room %s as %s%s", seat.Room, seat.Name, whose(seat))
	}
	if m.Key {
		add("your key")
	}
	for _, name := range clients {
		add("the connection of %s", name)
	}
	if m.Saved {
		add("the address that the commands use")
	}
	for _, seat := range m.Stay {
		add("and not, since you have it there: the seat in the room %s as %s%s", seat.Room, seat.Name, whose(seat))
	}
	return strings.Join(list, "\n")
}

// whose says whose seat this is, if the seat is not of the shell.
func whose(seat client.Seat) string {
	switch {
	case seat.Person:
		return ", which you watch"
	case seat.Wake != nil:
		return ", of an agent in " + seat.Wake.Client
	case seat.Bridged:
		return ", of an agent behind parley bridge"
	}
	return ""
}

// moved says what Move has done.
func (s *Shell) moved(m client.Moving, clients []string) error {
	if s.Out.JSON {
		seats := []map[string]any{}
		for _, seat := range m.Seats {
			seats = append(seats, map[string]any{"room": seat.Room, "agent_name": seat.Name, "person": seat.Person})
		}
		text, err := json.Marshal(map[string]any{"from": m.From, "to": m.To, "seats": seats, "key": m.Key,
			"clients": append([]string{}, clients...)})
		if err != nil {
			return err
		}
		s.Out.Screen.write(string(text) + "\n")
		return s.Out.Screen.err
	}
	s.Out.print("Moved to %s.", m.To)
	if len(clients) > 0 {
		s.Out.print("Restart %s.", strings.Join(clients, " and "))
	}
	return s.Out.Screen.err
}

// otherServers returns the addresses other than base at which the person has seats that count, each address once.
func (s *Shell) otherServers(base string, counts func(client.Seat) bool) (others []string, err error) {
	all, err := s.Seats.All()
	for _, seat := range all {
		if counts(seat) && seat.Server != base && !slices.Contains(others, seat.Server) {
			others = append(others, seat.Server)
		}
	}
	return others, err
}

// away adds to the error of a server that does not answer how the person's seats there move.
func (s *Shell) away(err error) error {
	lost := new(client.Unreachable)
	all, errAll := s.Seats.All()
	if !errors.As(err, &lost) || errAll != nil {
		return err
	}
	if slices.ContainsFunc(all, func(seat client.Seat) bool { return seat.Server == lost.Base }) {
		return fmt.Errorf("%w; if it has another address now: %s", err, s.moving(lost.Base, ""))
	}
	return err
}

// moving returns the command that moves from one address to another; the person fills in an empty address.
func (s *Shell) moving(from, to string) string {
	bare := Shell{Program: s.Program}
	return bare.command("move " + cmp.Or(from, "OLD") + " " + cmp.Or(to, "NEW"))
}
