package shell

import (
	"context"

	"github.com/parley-chat/parley/internal/base/results"
)

// Agents shows the agents of other systems that the person has added and watches. With end, the agent of that id
// leaves.
func (s *Shell) Agents(ctx context.Context, which Which, end string) error {
	return s.hooks(ctx, which, end, hooksAsked{
		agents:  true,
		shown:   func(k results.Hook) bool { return k.Agent },
		none:    "You have added no agent%s that you watch.",
		unknown: "You watch no added agent with the id %s%s. Nothing was changed. To list them: %s",
		listed:  "agents",
	})
}

// AddAgent gives the agent whose card is at an address a seat in a room of the person, shows the secret of the agent's
// calls, and watches the agent from now on. Without a name the agent has the name on its card.
func (s *Shell) AddAgent(ctx context.Context, which Which, card, name string) error {
	var got results.Supervised
	which.Watched, which.Positional, which.AnyOfRoom = true, true, true
	err := s.inPerson(which, func(on *session) error {
		asked := args{"add_agent": card}
		if name != "" {
			asked["agent_name"] = name
		}
		r, err := on.call(ctx, "supervise", asked, &got)
		if err != nil {
			return err
		}
		return on.out.show(r, func() {
			on.out.print("%s is in the room %s, and is called when there is something for it. Its calls are signed "+
				"with this secret, which is not shown again:", got.AgentName, on.seat.Room)
			on.out.print("%s", got.Secret)
		})
	})
	if err != nil || got.Watch == "" {
		return err
	}
	return s.Watch(ctx, got.Watch)
}
