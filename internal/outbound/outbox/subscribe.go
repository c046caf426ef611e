package outbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// Subscribe is a request for a hook, or for the refresh of a hook: the same token, address and filter give the same
// hook.
type Subscribe struct {
	Token  string // of the agent
	ForMe  bool   // see room.Hook
	URL    string
	Secret string        // signs the calls: see outcall.ParseSecret
	TTL    time.Duration // the life asked for; 0: outbound.MaxHookLife
}

// Subscription is a hook as its client sees the hook.
type Subscription struct {
	ID       string
	Until    time.Time // the hook ends then without a refresh
	Active   bool      // no call has failed lately
	LastCall time.Time // the last call that woke the agent; zero: no call did
	Error    string    // of the last failed call; "" after a success
}

// AddressError says that the address of a wake or a webhook did not agree to be called. The text is for the client.
type AddressError struct {
	Reason string // challenge_failed, timeout, connection_refused, tls_error, http_4xx or http_5xx
	why    string
}

// Error says what was wrong.
func (e *AddressError) Error() string {
	return "delivery.url: the address did not agree to be called. " + e.why + " Nothing was changed."
}

// refusal returns the refusal of a person's webhook because of e.
func (e *AddressError) refusal() *fault.Error {
	refused := fault.Refuse(fault.InvalidArgument, "add_hook: %s Nothing was changed.", e.why)
	if e.Reason == "challenge_failed" || strings.HasPrefix(e.Reason, "http_") { // the address was reached
		refused = fault.Refuse(fault.InvalidArgument, "add_hook: this address did not accept the first call. %s "+
			"Nothing was changed: have it answer that call, although it cannot check the signature yet.", e.why)
	}
	refused.Reason = e.Reason
	return refused
}

// LimitError says that a caller has reached a limit. A LimitError is a *fault.Error, too.
type LimitError struct {
	Limit string // subscriptions, subscriptions_of_seat or challenges_per_minute
	Max   int
	error
}

// Unwrap returns the *fault.Error.
func (e *LimitError) Unwrap() error { return e.error }

func tooManyHooks(limit string, most int, whose string) *LimitError {
	return &LimitError{limit, most, fault.Refuse(fault.RateLimited, "%s %d subscriptions and webhooks, the most that "+
		"there may be. Nothing was changed: end one of them first.", whose, most)}
}

// Subscribe makes or refreshes a hook. The address of a new hook, or of a hook with a new secret, must first answer a
// challenge. The error is a *fault.Error or, if the address did not agree, an *AddressError.
func (d *Dispatcher) Subscribe(ctx context.Context, subscribe Subscribe) (Subscription, error) {
	asker := ident.PrincipalOf(ctx)
	if err := d.checkSubscribe(asker, subscribe); err != nil {
		return Subscription{}, err
	}
	seat, err := d.o.Rooms.HookSeat(ctx, subscribe.Token)
	if err != nil {
		return Subscription{}, err
	}
	id, now := chat.HookID(asker.ID, subscribe.URL, EventName, seat, subscribe.ForMe), d.now()
	hook, err := d.o.Rooms.Store().Hook(ctx, id)
	switch {
	case err != nil && !errors.Is(err, table.ErrNotFound):
		return Subscription{}, d.o.Rooms.Outward(err)
	case hook.Barred:
		return Subscription{}, fault.Refuse(fault.NotAllowed, "Your user has ended this subscription. Nothing was "+
			"changed: subscribe no more, unless your user asks for it tomorrow, and wait with wait_for_message.")
	case subtle.ConstantTimeCompare([]byte(hook.Secret), []byte(subscribe.Secret)) == 0: // also for a new hook
		if err := d.checkHookLimits(ctx, asker, seat, id); err != nil {
			return Subscription{}, err
		}
		call := outcall.Call{URL: subscribe.URL, Secret: subscribe.Secret, Header: subscriptionHeader(id)}
		if err := d.challenge(ctx, "delivery.url", call); err != nil {
			return Subscription{}, err
		}
	}
	if hook.SinceMs == 0 {
		hook.SinceMs = now.UnixMilli()
	}
	hook = roomlog.HookItem{ID: id, Room: seat.Room, Seat: seat.Seat, ForMe: subscribe.ForMe, URL: subscribe.URL,
		Secret: subscribe.Secret, Server: d.o.Public, Principal: asker.ID, SignIn: asker.SignIn, SinceMs: hook.SinceMs,
		UntilMs: now.Add(subscribe.life()).UnixMilli()}
	progress, err := d.o.Rooms.BeginHook(ctx, subscribe.Token, hook)
	if err != nil {
		return Subscription{}, err
	}
	return subscriptionOf(hook, progress), nil
}

func subscriptionOf(hook roomlog.HookItem, progress roomlog.Progress) Subscription {
	got := Subscription{ID: hook.ID, Until: time.UnixMilli(hook.UntilMs), Active: progress.Failing.SinceMs == 0,
		Error: progress.Error}
	if progress.LastMs != 0 {
		got.LastCall = time.UnixMilli(progress.LastMs)
	}
	return got
}

// Unsubscribe ends a hook. Unsubscribe returns false if the hook does not exist or has ended.
func (d *Dispatcher) Unsubscribe(ctx context.Context, subscribe Subscribe) (there bool, err error) {
	seat, err := d.o.Rooms.HookSeat(ctx, subscribe.Token)
	if code := fault.CodeOf(err); code == fault.Removed || code == fault.RoomNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	id := chat.HookID(ident.PrincipalOf(ctx).ID, subscribe.URL, EventName, seat, subscribe.ForMe)
	return d.o.Rooms.EndHook(ctx, subscribe.Token, id)
}

func (s Subscribe) life() time.Duration {
	if s.TTL == 0 {
		return outbound.MaxHookLife
	}
	return min(max(s.TTL, outbound.MinHookLife), outbound.MaxHookLife)
}

// checkSubscribe refuses a bad address, a bad secret, and a caller that may have no hook.
func (d *Dispatcher) checkSubscribe(asker ident.Principal, subscribe Subscribe) error {
	if err := d.checkAddress(asker, subscribe.URL, addressRefusal{"delivery.url", ": wait with wait_for_message",
		"Only callers with a key of this server can subscribe",
		": wait with wait_for_message, or add the server with a key in its address"}); err != nil {
		return err
	}
	if err := outcall.ParseSecret(subscribe.Secret); err != nil {
		return fault.Refuse(fault.InvalidArgument, "delivery.secret: %s Nothing was changed.", err)
	}
	return nil
}

// addressRefusal has the words of a refusal of an address: the argument with the address, the advice where nobody is
// called, the callers for whom others are called, and the advice without a key.
type addressRefusal struct{ argument, ifNoneCalled, whoMay, ifNoKey string }

// checkAddress refuses an address that is called for nobody, and an address that is not called for asker. Other
// machines are called only for the holder of a key: somebody must answer for the calls.
func (d *Dispatcher) checkAddress(asker ident.Principal, address string, refusal addressRefusal) error {
	if err := d.o.Out.Check(address); err != nil {
		return fault.Refuse(fault.InvalidArgument, "%s: %s Nothing was changed.", refusal.argument, err)
	}
	switch secure := strings.HasPrefix(strings.ToLower(address), "https:"); {
	case !secure && (!d.o.Local || asker.ID != ident.Local):
		return fault.Refuse(fault.NotAllowed, "Parley calls an http address of this machine only for callers on this "+
			"machine. Nothing was changed: give an https address.")
	case secure && !d.CallsOthers():
		return fault.Refuse(fault.NotAllowed, "This server calls other machines only if it is started with its own "+
			"address (--public-url). Nothing was changed%s.", refusal.ifNoneCalled)
	case secure && ident.KeyOf(asker.ID) == "":
		return fault.Refuse(fault.NotAllowed, "%s. Nothing was changed%s.", refusal.whoMay, refusal.ifNoKey)
	}
	return nil
}

// checkHookLimits refuses a further hook beyond the limits of the seat and of the principal, and a further challenge
// beyond the limit of the caller.
func (d *Dispatcher) checkHookLimits(ctx context.Context, asker ident.Principal, seat chat.HookSeat, id string) error {
	if _, has := seat.Hook(id); !has && !seat.MayHook(room.FormWake) {
		return tooManyHooks("subscriptions_of_seat", core.MaxSeatHooks, "This seat has")
	}
	others, err := d.countOthers(ctx, asker, func(other roomlog.HookItem) bool {
		return other.Form != room.FormPush && other.ID != id
	})
	if err != nil {
		return err
	}
	if others >= outbound.MaxHooks {
		return tooManyHooks("subscriptions", outbound.MaxHooks, "You have")
	}
	if err := d.o.Rooms.Limits().Challenge(ctx); err != nil {
		return &LimitError{"challenges_per_minute", ratelimit.Challenges, err}
	}
	return nil
}

// countOthers returns how many hooks asker has that count beside a further one.
func (d *Dispatcher) countOthers(ctx context.Context, asker ident.Principal, counts func(roomlog.HookItem) bool) (n int,
	err error) {
	all, err := d.o.Rooms.Store().Hooks(ctx, chat.HookPrefix(asker.ID))
	for i := range all {
		if counts(all[i]) {
			n++
		}
	}
	return n, d.o.Rooms.Outward(err)
}

// challenge posts a random text to the address of call, which an argument of the caller named. The address must
// return the text (SEP-3415, "Callback verification"). call has only the address, the secret and the header.
func (d *Dispatcher) challenge(ctx context.Context, argument string, call outcall.Call) error {
	type verification struct {
		Type      string `json:"type,omitempty"`
		Challenge string `json:"challenge"`
	}
	asked := verification{"verification", rand.Text()}
	call.Body, _ = json.Marshal(asked)
	call.ID, call.At = "msg_verification_"+rand.Text(), d.now()
	answer, err := d.o.Out.Post(ctx, call)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *outcall.Error
	if errors.As(err, &e) && (e.Kind == outcall.Forbidden || e.Kind == outcall.Busy) {
		return fault.Refuse(fault.InvalidArgument, "%s: %s Nothing was changed.", argument, e)
	}
	var echo verification
	reason := failureReason(answer, err)
	switch {
	case reason == string(outcall.Unreachable):
		return newAddressError(string(outcall.ConnectionRefused), err.Error())
	case reason == string(outcall.BadAnswer):
		return newAddressError("challenge_failed", err.Error())
	case err != nil:
		return newAddressError(reason, err.Error())
	case reason != "":
		return newAddressError(fmt.Sprintf("http_%dxx", answer.Status/100), fmt.Sprintf("It answered with status %d.",
			answer.Status))
	case json.Unmarshal(answer.Body, &echo) != nil ||
		subtle.ConstantTimeCompare([]byte(echo.Challenge), []byte(asked.Challenge)) != 1:
		return newAddressError("challenge_failed", `It must answer a call of type verification with the JSON `+
			`{"challenge": "…"} that has the text of the challenge.`)
	}
	return nil
}

func newAddressError(reason, why string) *AddressError { return &AddressError{reason, why} }
