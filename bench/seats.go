package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/base/ident"
)

// joiners is how many connections seat many agents.
const joiners = 32

// seat is an agent's seat in a room, as its client knows it.
type seat struct {
	Token  string
	Cursor string
	Watch  string // the link for the person behind the agent
	Person string // a token of that person
	View   string // a token that only looks
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
	if got.View != "" {
		s.View = got.View
	}
	return s
}

// seated returns seats in a new room, of so many agents, in the order in which they came. Only
// the last one has read everything: that the others came.
func seated(c *client, room string, agents int) ([]seat, error) {
	seats := make([]seat, agents)
	for i := range seats {
		got, err := c.ask(joinTool, map[string]any{
			"room": room, "agent_name": fmt.Sprint("agent ", i), "capacity": max(2, agents),
		})
		if err != nil {
			return nil, err
		}
		seats[i] = seats[i].after(got)
	}
	return seats, nil
}

// pairs seats two agents in each of so many new rooms.
func pairs(ctx context.Context, p *process, rooms int) (first, second []seat, err error) {
	first, second = make([]seat, rooms), make([]seat, rooms)
	var g errgroup.Group
	for from := range joiners {
		g.Go(func() error {
			c, err := dial(ctx, p.Address, "")
			if err != nil {
				return err
			}
			defer c.close()
			for n := from; n < rooms; n += joiners {
				both, err := seated(c, fmt.Sprint("pair ", n), 2)
				if err != nil {
					return err
				}
				first[n], second[n] = both[0], both[1]
			}
			return nil
		})
	}
	return first, second, g.Wait()
}
