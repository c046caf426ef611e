package outbox

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/outcall"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// Webhook is what its person gets to know of a webhook.
type Webhook struct {
	ID     string
	Secret string // by which its calls are signed; nobody is shown it again
}

// AddWebhook gives the person of a token a webhook at an address, which must first answer a challenge. Nobody can check
// the signature of that, since the secret is made for it. If the person has the webhook it gets another secret, and
// nobody is asked. The error is a *fault.Error.
func (b *Box) AddWebhook(ctx context.Context, token, address string) (Webhook, error) {
	asker := ident.PrincipalOf(ctx)
	if err := b.checkAddress(asker, address, instead{argument: "add_hook",
		who: "Addresses are called for agents that a key of this server has admitted, and their people"}); err != nil {
		return Webhook{}, err
	}
	seat, err := b.o.Rooms.WebhookSeat(ctx, token)
	if err != nil {
		return Webhook{}, err
	}
	got := Webhook{ID: chat.HookID(asker.ID, address, string(room.FormEach), seat, false), Secret: outcall.NewSecret()}
	now := b.now()
	x, err := b.o.Rooms.Store().Hook(ctx, got.ID)
	_, has := seat.Hook(got.ID)
	switch {
	case err == nil:
	case !errors.Is(err, table.ErrNotFound):
		return Webhook{}, b.o.Rooms.Outward(err)
	case len(seat.Hooks) >= room.MaxHooks && !has:
		return Webhook{}, tooMany("subscriptions_of_seat", room.MaxHooks, "This seat has")
	default:
		x.SinceMs = now.UnixMilli()
		if err := b.mayAdd(ctx, asker, got.ID); err != nil {
			return Webhook{}, err
		}
		err = b.challenge(ctx, "add_hook", outcall.Call{URL: address, Secret: got.Secret})
		if no := new(EndpointError); errors.As(err, &no) {
			refused := fault.Refuse(fault.InvalidArgument, "add_hook: the address did not agree to be called. %s "+
				"Nothing was changed: have it answer this first call, although it cannot check the signature yet.",
				no.why)
			refused.Reason = no.Reason
			return Webhook{}, refused
		}
		if err != nil {
			return Webhook{}, err
		}
	}
	return got, b.o.Rooms.Webhook(ctx, token, roomlog.HookItem{ID: got.ID, Room: seat.Room, Seat: seat.Seat,
		Joined: seat.Joined, Form: room.FormEach, URL: address, Secret: got.Secret, Server: b.o.Public,
		Principal: asker.ID, SinceMs: x.SinceMs, UntilMs: now.Add(webhookLife).UnixMilli()})
}
