package chat

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// WebhookSeat returns the seat of a person's token: the person may add a webhook, or have an endpoint join the room.
func (s *Service) WebhookSeat(ctx context.Context, token string) (HookSeat, error) {
	c, err := s.enterPerson(ctx, token)
	if err != nil {
		return HookSeat{}, s.Outward(err)
	}
	defer c.room.release()
	return c.hookSeat(), nil
}

// Webhook adds hook, a webhook or a channel of a messenger, to the seat of a person's token. If the hook exists, the
// calls of a webhook are signed by the secret of hook from now on; a failed call is tried at once, and the pauses begin
// again.
func (s *Service) Webhook(ctx context.Context, token string, hook roomlog.HookItem) error {
	c, err := s.enterPerson(ctx, token)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	began, err := c.beginHook(ctx, hook, roomlog.Progress{},
		func(person room.Caller) room.Event {
			if hook.Form == room.FormWebhook {
				return person.BeginWebhook(hook.ID)
			}
			return person.BeginMessenger(hook.ID)
		})
	if err == nil && !began {
		_, err = s.refreshHook(ctx, hook)
	}
	return s.Outward(err)
}

// WebhookCall is the next call of a webhook.
type WebhookCall struct {
	Gone    bool  // the seat has no such webhook any more, or the room was closed and no event is left
	N       int64 // the event; 0: none
	AsOf    int64 // the last event of the room
	Missed  bool  // events before N have expired
	Message Message
	RoomID  string
	Room    string // the name, which an agent chose
	Agent   string // the agent of the seat
}

// WebhookCall returns the first event after event n that the webhook hook is called with, up to the time of the call.
// The message has its whole text, or none if the text was removed.
func (s *Service) WebhookCall(ctx context.Context, hook roomlog.HookItem, n int64) (WebhookCall, error) {
	live := s.acquire(hook.Room)
	defer live.release()
	k, here, err := live.loadHook(ctx, hook)
	if err != nil || !here {
		return WebhookCall{Gone: err == nil}, s.Outward(err)
	}
	head, caller := k.head, room.Caller{Agent: k.agent}
	got := WebhookCall{AsOf: head.AsOf, RoomID: head.ID, Room: head.Name, Agent: caller.Name}
	event, missed, err := live.nextCall(ctx, head, caller, k.Hook, max(n, k.N))
	if err != nil {
		return WebhookCall{}, s.Outward(err)
	}
	if event.N == 0 {
		got.Gone = head.Closed
		return got, nil
	}
	got.N, got.Missed, got.Message = event.N, missed, wholeMessage(&head.State, caller, event)
	return got, nil
}

// deliveryPage is how many events are read at first: mostly the hook is called with the next one.
const deliveryPage = 4

// nextCall returns the first event after n that k, a hook of caller, is called with, or the zero value. missed says
// that earlier events after n have expired. Without checkRead, a webhook whose event 42 cannot be read for a moment
// would get 43, and never 42.
func (r *liveRoom) nextCall(ctx context.Context, head *room.Head, caller room.Caller, k room.Hook,
	n int64) (event room.Event, missed bool, err error) {
	for e, err := range r.log.Pages(caller, deliveryPage).Since(ctx, n, head.AsOf) {
		if err != nil {
			return e, false, err
		}
		missed = missed || e.N > n+1
		n = e.N
		if k.Calls(&head.State, caller.Agent, e) {
			shown, err := r.log.AddFinished(ctx, caller, e)
			return shown[0], missed, err
		}
	}
	return event, false, checkRead(n, head.AsOf)
}

// checkRead fails if events could be read up to n only, not up to end.
func checkRead(n, end int64) error {
	if n < end {
		return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, n+1)
	}
	return nil
}

// wholeMessage returns messageOf with the whole text.
func wholeMessage(state *room.State, caller room.Caller, event room.Event) Message {
	message := messageOf(state, caller, event)
	message.More = nil
	if event.Draft != nil {
		event = *event.Draft
	}
	message.Text = event.Text
	return message
}
