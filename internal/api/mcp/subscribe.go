package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Subscribe is a request to make, refresh or end a subscription.
type Subscribe struct {
	Name      string          // of the event, in Events.List
	Arguments json.RawMessage // an object; nil: none
	URL       string          // for the events; never ""
	Secret    string          // that signs the events; never ""

	// TTL is the life of the subscription that the client asks for: from a millisecond to mostTTL, which stands for
	// no end; 0: the client does not ask. The server may grant another time.
	TTL time.Duration
}

// mostTTL is longer than any server grants, and short enough that no arithmetic overflows.
const mostTTL = 365 * 24 * time.Hour

// Subscription is a subscription as its client sees it.
type Subscription struct {
	ID            string
	RefreshBefore time.Time // the end of the subscription
	Active        bool      // events are sent; false: the subscription waits for a refresh

	LastDelivery time.Time // zero: there was none
	LastError    string    // of the latest delivery, such as "timeout"; "": none
}

// webhook is the only mode of delivery.
const webhook = "webhook"

// subscribe does the work of events/subscribe.
func (e *Events) subscribe(ctx context.Context, c *eventCall) (map[string]any, error) {
	s, err := e.read(c)
	if err != nil {
		return nil, err
	}
	made, err := e.Subscribe(ctx, s)
	if err != nil {
		return nil, err
	}
	return made.result(), nil
}

// unsubscribe does the work of events/unsubscribe.
func (e *Events) unsubscribe(ctx context.Context, c *eventCall) (map[string]any, error) {
	s, err := e.read(c)
	if err != nil {
		return nil, err
	}
	s.Secret, s.TTL = "", 0
	return map[string]any{}, e.Unsubscribe(ctx, s)
}

// result returns the subscription for an answer. The server keeps no event for a client that was away, so the answer
// has no cursor.
func (s Subscription) result() map[string]any {
	r := map[string]any{"id": s.ID, "refreshBefore": instant(s.RefreshBefore), "cursor": nil, "truncated": false}
	if !s.Active || s.LastError != "" || !s.LastDelivery.IsZero() {
		status := map[string]any{"active": s.Active, "lastDeliveryAt": nil, "lastError": nil}
		if !s.LastDelivery.IsZero() {
			status["lastDeliveryAt"] = instant(s.LastDelivery)
		}
		if s.LastError != "" {
			status["lastError"] = s.LastError
		}
		r["deliveryStatus"] = status
	}
	return r
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// subscribeParams are the params of both methods. Other params mean nothing, such as the id of a subscription.
type subscribeParams struct {
	Meta      map[string]json.RawMessage `json:"_meta"`
	Name      string                     `json:"name"`
	Arguments json.RawMessage            `json:"arguments"`
	Delivery  struct {
		Mode   string `json:"mode"`
		URL    string `json:"url"`
		Secret string `json:"secret"`
	} `json:"delivery"`
	TTL    json.RawMessage `json:"ttlMs"`
	Cursor *string         `json:"cursor"`
}

// read returns the subscription in a request.
func (e *Events) read(c *eventCall) (Subscribe, error) {
	var p subscribeParams
	if wrong := p.decode(c.params); wrong != "" {
		return Subscribe{}, malformed(c.method, wrong)
	}
	if mode := p.Delivery.Mode; mode != webhook && mode != "" { // other modes have no URL
		return Subscribe{}, &EventError{Kind: Unsupported,
			Message: `This server delivers events by "webhook" only: send that as delivery.mode. Nothing was changed.`,
			Data:    map[string]any{"feature": "delivery", "value": mode}}
	}
	if wrong := p.check(c.method); wrong != "" {
		return Subscribe{}, malformed(c.method, wrong)
	}
	if !slices.ContainsFunc(e.List, func(known Event) bool { return known.Name == p.Name }) {
		return Subscribe{}, unknownEvent(c.method)
	}
	s := Subscribe{Name: p.Name, URL: p.Delivery.URL, Secret: p.Delivery.Secret, TTL: ttlOf(p.TTL)}
	if !absent(p.Arguments) {
		s.Arguments = p.Arguments
	}
	return s, nil
}

// decode reads params, and returns what is wrong with the types; "": nothing.
func (p *subscribeParams) decode(params json.RawMessage) (wrong string) {
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(params, p); errors.As(err, &mismatch) && mismatch.Field != "" {
		return fmt.Sprintf("%s cannot be a JSON %s.", mismatch.Field, mismatch.Value)
	} else if err != nil || absent(params) {
		return "they are no JSON object."
	}
	return ""
}

// check returns what is wrong with the params of a method; "": nothing.
func (p *subscribeParams) check(method string) (wrong string) {
	switch {
	case p.Name == "":
		return "name is missing."
	case !absent(p.Arguments) && p.Arguments[0] != '{':
		return "arguments are no JSON object."
	case p.Delivery.Mode == "" && method == eventsSubscribe: // an unsubscribe need not name the only mode
		return "delivery.mode is missing."
	case p.Delivery.URL == "":
		return "delivery.url is missing."
	case p.Delivery.Secret == "" && method == eventsSubscribe:
		return "delivery.secret is missing."
	case !absent(p.TTL) && json.Unmarshal(p.TTL, new(float64)) != nil:
		return "ttlMs is no number of milliseconds."
	}
	return ""
}

// ttlOf returns the TTL of ttlMs within bounds. ttlMs is null or a number, and null asks for no end.
func ttlOf(raw json.RawMessage) time.Duration {
	switch {
	case raw == nil:
		return 0
	case absent(raw):
		return mostTTL
	}
	var ms float64
	_ = json.Unmarshal(raw, &ms) // check has accepted raw
	return time.Duration(min(max(ms, 1), float64(mostTTL.Milliseconds()))) * time.Millisecond
}

func malformed(method, wrong string) *EventError {
	shape := `{"name", "arguments": {…}, "delivery": {"url"}}`
	if method == eventsSubscribe {
		shape = `{"name", "arguments": {…}, "delivery": {"mode": "webhook", "url", "secret"}}`
	}
	return &EventError{Kind: InvalidParams,
		Message: fmt.Sprintf("The params of %s are wrong: %s Send %s. Nothing was changed.", method, wrong, shape)}
}

// NoSubscription refuses to end a subscription that the caller does not have.
func NoSubscription() *EventError {
	return &EventError{Kind: NotFound, Message: "You have no such subscription. Nothing was changed.",
		Data: map[string]any{"kind": "subscription"}}
}

// unknownEvent refuses a name that is not in the list. Nobody has a subscription by such a name.
func unknownEvent(method string) *EventError {
	if method == eventsUnsubscribe {
		return NoSubscription()
	}
	return &EventError{Kind: NotFound,
		Message: "There is no event of that name. Call " + eventsList + " for the names. Nothing was changed.",
		Data:    map[string]any{"kind": "event"}}
}
