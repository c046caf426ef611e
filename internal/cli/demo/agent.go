package demo

import (
	"cmp"
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// agent is a script that calls the server as a person's agent does: over HTTP, with the tools of MCP.
type agent struct {
	*client.Client
	in                  *Story
	name, token, cursor string
}

func (s *Story) newAgent(name string) *agent {
	return &agent{Client: client.New(s.Base, client.Options{}), in: s, name: name}
}

// sits takes a seat by a tool, and returns the link for the person behind the agent.
func (a *agent) sits(ctx context.Context, tool string) (link string, err error) {
	var got results.Joined
	err = a.Call(ctx, tool, args{"agent_name": a.name, "room": "profile screen"}, &got)
	a.token, a.cursor = got.AgentToken, got.Cursor
	return got.Watch, err
}

// says returns a step: the agent hears a message of a kind, unless the kind is "", and speaks. If the message shows an
// id on the screen, as a request or a proposal does, the agent replies to the message. The person may be on the page:
// the agent waits until a pause ends, and first reads the messages in between.
func (a *agent) says(kind string, message args) func(context.Context) error {
	return func(ctx context.Context) error {
		if kind != "" {
			to, err := a.hears(ctx, kind)
			if err != nil {
				return err
			}
			if kind == "request" || kind == "proposal" {
				message["reply_to"] = to
			}
		}
		for {
			message["agent_token"], message["cursor"] = a.token, a.cursor
			var got results.Sent
			err := a.Call(ctx, "send_message", message, &got)
			a.cursor = cmp.Or(got.Cursor, a.cursor)
			if err != nil || got.Sent || got.Status == "pending" {
				return err
			}
			if err := a.in.pause(ctx, time.Second); err != nil {
				return err
			}
		}
	}
}

// hears waits until the other agent has sent a message of a kind, and returns the message's id. The kind of an answer
// is answer.
func (a *agent) hears(ctx context.Context, kind string) (id string, err error) {
	for {
		var got results.Waited
		if err := a.Call(ctx, "wait_for_message", args{"agent_token": a.token, "cursor": a.cursor}, &got); err != nil {
			return "", err
		}
		a.cursor = got.Cursor
		for _, message := range got.Messages {
			if message.Type == "message" && message.From != a.name && cmp.Or(message.Kind, "answer") == kind {
				return message.ID, nil
			}
		}
		if err := a.in.pause(ctx, time.Second); err != nil { // some waits end at once, such as for a turn
			return "", err
		}
	}
}
