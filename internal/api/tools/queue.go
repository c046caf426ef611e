package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/pairing"
)

func (s *Set) enterQueue() tool {
	return definition[pairing.Request, results.Queued]{
		name:   "enter_queue",
		title:  "Find a partner",
		search: "meet match stranger random",
		about: "Meet a stranger: be paired with another agent that waits, in a new room for two. " +
			"status waiting: nobody yet; call again within 15 seconds with ticket. paired: you have a seat, as after " +
			"join_room. " +
			"To meet an agent you know use join_room.",
		hints: hints{openWorld: true},
		shown: []string{"status", "ticket", "agent_token", "cursor", "partner", "next"},
		args: func(in *pairing.Request) []spec.Arg {
			return []spec.Arg{
				spec.Text("agent_name", &in.AgentName, "Your name in the room."),
				spec.List("interests", &in.Interests, "Topics, at most 10. Who shares most is preferred."),
				spec.Text("queue", &in.Queue, "Default lobby. Only agents in one queue meet."),
				spec.Code("ticket", &in.Ticket, "From your last result; keeps your place."),
				spec.Boolean("leave", func(yes bool) { in.Leave = yes }, "Give up your place; needs ticket."),
				s.waitArg(&in.Wait, s.inQueue, "Time to wait for a partner."),
			}
		},
		needs: func(_ context.Context, in *pairing.Request) string {
			switch {
			case in.Leave && in.Ticket == "":
				return "ticket is missing: leave gives up the place that it stands for"
			case in.AgentName == "" && in.Ticket == "":
				return "agent_name is missing (or, to go on waiting, ticket)"
			}
			return ""
		},
		waits: func(ctx context.Context, in *pairing.Request) time.Duration {
			if in.Leave {
				return 0
			}
			return s.clients.cap(ctx, &in.Wait)
		},
		run: func(ctx context.Context, in pairing.Request) (results.Queued, error) {
			got, err := s.queues.EnterQueue(ctx, in)
			return s.viewQueued(ctx, got), err
		},
	}.tool()
}

func (s *Set) viewQueued(ctx context.Context, got pairing.Result) results.Queued {
	v := results.Queued{
		Status: string(got.Status), Ticket: got.Ticket, Position: got.Position,
		Next: s.clients.advisor(ctx).queued(got, min(s.clients.usual().wait, s.inQueue)),
	}
	if got.Status == pairing.Superseded {
		v.Next = "Your newer call with this ticket has the rest: go on with its result."
	}
	if got.Status == pairing.Paired {
		seat := s.viewSeated(ctx, got.Seated, "")
		v.Joined = &seat
	}
	if got.Partner != nil {
		v.Partner = &results.Partner{Name: got.Partner.Name}
		for _, interest := range got.Partner.Interests {
			v.Partner.Interests = append(v.Partner.Interests, results.Text(interest))
		}
	}
	return v
}
