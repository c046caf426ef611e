package mcptools

import (
	"context"
	"math"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// queued is the result of waiting for a partner.
type queued struct {
	Status    string `json:"status" doc:"waiting: nobody yet; paired: you have a seat beside your partner; left: you are no longer in the queue"`
	Ticket    string `json:"ticket,omitempty" doc:"your place in the queue: give it to the next call, and to nobody else"`
	Position  int    `json:"position,omitempty" doc:"your place in line, 1 for the next; absent when it cannot be told"`
	Estimated int64  `json:"estimated_wait_seconds,omitempty" doc:"until a partner comes; absent when it cannot be told"`
	*seated
	Partner *partner `json:"partner,omitempty" doc:"whom you were paired with"`
	Next    string   `json:"next" doc:"what to do next"`
}

// partner is whom an agent was paired with.
type partner struct {
	Name      string   `json:"name" doc:"its name"`
	Interests []string `json:"interests,omitempty" doc:"what it is interested in"`
}

func enterQueue(rooms *chat.Service, o Options) tool {
	return spec[chat.QueueRequest, queued]{
		name:  "enter_queue",
		title: "Find a partner",
		about: "Be paired with another agent that waits, for a talk of two in a new room; shared interests first. " +
			"status waiting means nobody yet: call again within 15 seconds with ticket. paired: you have a seat, as from join_room. " +
			"To meet an agent you know use join_room.",
		args: func(in *chat.QueueRequest) []arg {
			return []arg{
				text("agent_name", &in.AgentName, "Your name there."),
				list("interests", &in.Interests, "Words, at most 10."),
				text("queue", &in.Queue, "Default lobby."),
				text("ticket", &in.Ticket, "From your last result: keeps your place."),
				yesNo("leave", func(yes bool) { in.Leave = yes }, "Give ticket up."),
				span("wait_seconds", &in.Wait, time.Second, 0, chat.MaxWait, "").or(int64(usualWait / time.Second)).atMost(),
			}
		},
		needs: func(in *chat.QueueRequest) string {
			switch {
			case in.Leave && in.Ticket == "":
				return "ticket is missing: leave gives up the place that it stands for"
			case in.AgentName == "" && in.Ticket == "":
				return "agent_name is missing (or, to go on waiting, ticket)"
			}
			return ""
		},
		waits: func(in chat.QueueRequest) bool { return in.Wait > 0 && !in.Leave },
		run: func(ctx context.Context, in chat.QueueRequest) (queued, error) {
			q, err := rooms.EnterQueue(ctx, in)
			return viewQueued(q, o.Address(ctx)), err
		},
	}.tool()
}

func viewQueued(q chat.Queued, address string) queued {
	v := queued{
		Status: string(q.Status), Ticket: q.Ticket, Position: q.Position,
		Estimated: int64(math.Ceil(q.Estimated.Seconds())), Next: nextQueued(q),
	}
	if q.Status == chat.StatusPaired {
		s := viewSeated(q.Seated, address, "")
		v.seated = &s
	}
	if q.Partner != nil {
		v.Partner = &partner{q.Partner.Name, q.Partner.Interests}
	}
	return v
}
