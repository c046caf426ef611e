package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/ident"
)

// joiners is how many connections pairs uses.
const joiners = 16

// seat is an agent's seat in a room, as its client knows it.
type seat struct {
	Token  string
	Cursor string
	Watch  string // the link for the person behind the agent
	Person string // a token of that person
}

// claim returns the secret in the link of the seat; "" if it has none.
func (s seat) claim() string {
	_, claim, _ := strings.Cut(s.Watch, "#")
	return claim
}

// withPerson returns the seat with a token that its person has made, if there is a link.
func (s seat) withPerson() seat {
	if claim, ok := ident.ParseLinkCode(s.claim()); ok && s.Person == "" {
		s.Person = ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	}
	return s
}

// after returns the seat after an answer.
func (s seat) after(got answer) seat {
	if got.AgentToken != "" {
		s.Token = got.AgentToken
	}
	if got.Cursor != "" {
		s.Cursor = got.Cursor
	}
	if got.Watch != "" {
		s.Watch = got.Watch
	}
	return s
}

// pairs creates rooms of two agents, and returns the seats of one room after the
// other.
func pairs(ctx context.Context, p *process, rooms int) ([]seat, error) {
	seats := make([]seat, 2*rooms)
	var g errgroup.Group
	for first := range joiners {
		g.Go(func() error {
			c, err := dial(ctx, p.Address, "")
			if err != nil {
				return err
			}
			defer c.close()
			for n := first; n < rooms; n += joiners {
				seats[2*n], seats[2*n+1], err = pair(c, fmt.Sprint("pair ", n))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return seats, g.Wait()
}

// pair creates a room of two agents who have read everything.
func pair(c *client, room string) (first, second seat, err error) {
	for i, s := range []*seat{&first, &second} {
		got, err := c.ask(joinTool, map[string]any{"room": room, "agent_name": fmt.Sprint("agent ", i)})
		if err != nil {
			return first, second, err
		}
		*s = s.after(got)
	}
	// The first has not read that the second joined.
	got, err := c.ask(waitTool, map[string]any{"agent_token": first.Token, "wait_seconds": 0})
	return first.after(got), second, err
}
