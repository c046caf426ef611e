package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/messenger"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// AddedWebhook is a webhook as its person sees the webhook.
type AddedWebhook struct {
	ID     string
	Secret string // signs the calls; shown only here; "" for a channel of a messenger
}

// AddWebhook gives the person of a token a webhook at an address or, at the host of a messenger, a channel: see
// addChannel. The error is a *fault.Error.
func (d *Dispatcher) AddWebhook(ctx context.Context, token, address string) (AddedWebhook, error) {
	err := d.checkAddress(ident.PrincipalOf(ctx), address, addressRefusal{argument: "add_hook",
		whoMay: "Addresses are called for agents that a key of this server has admitted, and their people"})
	if err != nil {
		return AddedWebhook{}, err
	}
	seat, err := d.o.Rooms.WebhookSeat(ctx, token)
	if err != nil {
		return AddedWebhook{}, err
	}
	channel, known, err := messenger.Parse(address)
	switch {
	case err != nil:
		return AddedWebhook{}, fault.Refuse(fault.InvalidArgument, "add_hook: %s. Nothing was changed.", err)
	case known:
		id, err := d.addChannel(ctx, token, seat, channel)
		return AddedWebhook{ID: id}, err
	}
	return d.addWebhook(ctx, token, seat, address)
}

// addWebhook adds a webhook. Its address must first answer a challenge. It cannot check the signature yet, since the
// secret is new. If the person already has the webhook, only the secret changes, without a challenge.
func (d *Dispatcher) addWebhook(ctx context.Context, token string, seat chat.HookSeat, address string) (AddedWebhook,
	error) {
	hook, has, err := d.personHook(ctx, seat, room.FormWebhook, address, address)
	if err != nil {
		return AddedWebhook{}, err
	}
	hook.Secret = outcall.NewSecret()
	if !has {
		if err := d.checkHookLimits(ctx, ident.PrincipalOf(ctx), seat, hook.ID); err != nil {
			return AddedWebhook{}, err
		}
		err = d.challenge(ctx, "add_hook", outcall.Call{URL: address, Secret: hook.Secret})
		if refused := new(AddressError); errors.As(err, &refused) {
			return AddedWebhook{}, refused.refusal()
		}
		if err != nil {
			return AddedWebhook{}, err
		}
	}
	return AddedWebhook{ID: hook.ID, Secret: hook.Secret}, d.o.Rooms.Webhook(ctx, token, hook)
}

// personHook returns the hook of a form by which the person of ctx has address called for a seat, and whether the
// person has that hook already: then it goes on since it began. of tells the hooks of one form and seat apart.
func (d *Dispatcher) personHook(ctx context.Context, seat chat.HookSeat, form room.Form, address, of string) (
	hook roomlog.HookItem, has bool, err error) {
	asker, now := ident.PrincipalOf(ctx), d.now()
	hook = roomlog.HookItem{ID: chat.HookID(asker.ID, of, string(form), seat, false), Room: seat.Room, Seat: seat.Seat,
		Form: form, URL: address, Server: d.o.Public, Principal: asker.ID, SignIn: asker.SignIn,
		SinceMs: now.UnixMilli(), UntilMs: now.Add(renewedLife).UnixMilli()}
	had, err := d.o.Rooms.Store().Hook(ctx, hook.ID)
	switch {
	case err == nil:
		hook.SinceMs = had.SinceMs
		return hook, true, nil
	case errors.Is(err, table.ErrNotFound):
		return hook, false, nil
	}
	return hook, false, d.o.Rooms.Outward(err)
}

// webhook is the delivery to a person's hook, with the next event to deliver.
type webhook struct {
	*pass
	event chat.WebhookCall
	newer bool // an event came after all tries failed
}

// readNews implements delivery.
func (w *webhook) readNews(ctx context.Context) (next decision, err error) {
	w.event, err = w.o.Rooms.WebhookCall(ctx, w.hook, w.progress.Upto)
	if err == nil && w.event.N != 0 && w.progress.Failing.GaveUp {
		var fresh chat.WebhookCall
		fresh, err = w.o.Rooms.WebhookCall(ctx, w.hook, w.progress.Failing.Known)
		w.newer = fresh.N != 0
	}
	if err != nil {
		return next, err
	}
	return w.decideCall(), nil
}

// decideCall decides whether the webhook is called. Here Ann's webhook has had the events up to 41:
//
//  1. Nothing came: nothing is done.
//  2. 42 came: the webhook is called.
//  3. All tries for 42 have failed, and nothing new came: nothing is done.
//  4. All tries for 42 have failed, and 43 came: the webhook is called with 42.
//  5. Ann has left, or ended the webhook: the hook is gone.
func (w *webhook) decideCall() decision {
	switch {
	case w.event.Gone: // 5
		return decision{do: doRecheck}
	case w.event.N == 0, w.progress.Failing.GaveUp && !w.newer: // 1, 3
		return decision{do: doEnd}
	}
	return decision{do: doCall} // 2, 4
}

// call implements delivery. Upto becomes 42 only after the host has taken or refused event 42. If Upto were 42 before
// the call, a process that died during the call would lose event 42. Each try has the same id evt_h1_42, so the host
// recognizes an event that it gets twice.
func (w *webhook) call(ctx context.Context) (roomlog.Progress, error) {
	event, progress := w.event, w.progress
	answer, why, err := w.post(ctx, w.hook, progress.Failing.Tries > 0,
		outcall.Call{ID: fmt.Sprintf("evt_%s_%d", w.hook.ID, event.N),
			Body: w.body()})
	if err == nil && answer.Status == outcall.StatusGone {
		err = errEnded
	}
	if err != nil {
		return progress, err
	}
	progress.TriedMs, progress.NotBeforeMs, progress.Error = w.now().UnixMilli(), 0, why
	if why == "" || endsDelivery(answer) {
		progress.Upto, progress.Failing = event.N, roomlog.Failing{}
	} else {
		progress = w.scheduleRetryForADay(progress, event.AsOf)
	}
	if why == "" {
		progress.LastMs = progress.TriedMs
	}
	return progress, nil
}

// webhookBody is the body of a webhook's call, in the form recommended by Standard Webhooks.
type webhookBody struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Data      webhookData `json:"data"`
}

type webhookData struct {
	Room    string `json:"room"`
	RoomID  string `json:"room_id"`
	Agent   string `json:"agent_name"`
	Missed  bool   `json:"missed,omitempty"`
	Message any    `json:"message"`
}

// body returns the body for the event. Each try has the same body, unless a text was removed.
func (w *webhook) body() []byte {
	event := w.event
	return roomlog.Encode(webhookBody{
		Type: "room." + string(event.Message.Type), Timestamp: event.Message.At.UTC().Format(time.RFC3339),
		Data: webhookData{Room: event.Room, RoomID: event.RoomID, Agent: event.Agent, Missed: event.Missed,
			Message: w.o.View(event.Message)},
	})
}
