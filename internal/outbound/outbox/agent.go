package outbox

import (
	"cmp"
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// AddedAgent is an endpoint as the person who adds the endpoint sees it.
type AddedAgent struct {
	chat.AddedAgent
	Secret string // signs the calls; shown only here
}

// AddAgent gives the agent of a card a seat in the room of a person's token. The agent has the name on its card if name
// is empty. The error is a *fault.Error.
func (d *Dispatcher) AddAgent(ctx context.Context, token, card, name string) (got AddedAgent, err error) {
	asker := ident.PrincipalOf(ctx)
	if err := d.checkAddress(asker, card, addressRefusal{argument: "add_agent",
		whoMay: "Agents are called for agents that a key of this server has admitted, and their people"}); err != nil {
		return got, err
	}
	if _, err := d.o.Rooms.WebhookSeat(ctx, token); err != nil {
		return got, err
	}
	if err := d.checkHookLimits(ctx, asker, chat.HookSeat{}, ""); err != nil {
		return got, err
	}
	found, err := d.agents.Card(ctx, card)
	if ctx.Err() != nil {
		return got, ctx.Err()
	}
	if err != nil {
		return got, refuseCard(err)
	}
	if name == "" {
		if _, err := ident.AgentName(found.Name); err != nil {
			return got, fault.Refuse(fault.InvalidArgument, "The name on the agent's card cannot be used in a "+
				"room. Nothing was changed: give another one as agent_name.")
		}
	}
	now := d.now()
	got.Secret = outcall.NewSecret()
	got.AddedAgent, err = d.o.Rooms.AddAgent(ctx, token, cmp.Or(name, found.Name), roomlog.HookItem{URL: found.URL,
		Secret: got.Secret, Server: d.o.Public, Principal: asker.ID, SignIn: asker.SignIn,
		SinceMs: now.UnixMilli(), UntilMs: now.Add(renewedLife).UnixMilli()})
	return got, err
}

func refuseCard(err error) *fault.Error {
	refused := fault.Refuse(fault.InvalidArgument, "add_agent: %s Nothing was changed.", err)
	var card *agentcall.Refusal
	if errors.As(err, &card) && card.Elsewhere {
		refused.Reason = fault.ReasonElsewhere
	}
	return refused
}
