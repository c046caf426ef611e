package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// post calls the address of hook, and returns why the call failed; "" if the call succeeded. The error is errBusy or
// the end of ctx: then no call was made, nothing is stored, and the next pass calls.
func (d *Dispatcher) post(ctx context.Context, hook roomlog.HookItem, again bool, call outcall.Call) (
	answer outcall.Answer, why string, err error,
) {
	call.URL, call.Secret, call.At = hook.URL, hook.Secret, d.now()
	answer, failed := d.o.Out.Post(ctx, call)
	if err := checkMade(ctx, failed); err != nil {
		return answer, "", err
	}
	why = failureReason(answer, failed)
	d.observe(ctx, hook, again, why)
	return answer, why, nil
}

// checkMade returns an error if the call was not made: errBusy, or the error of ctx when the process stops.
func checkMade(ctx context.Context, failed error) error {
	var refused *outcall.Error
	switch {
	case failed != nil && ctx.Err() != nil:
		return ctx.Err()
	case errors.As(failed, &refused) && refused.Kind == outcall.Busy:
		return errBusy
	}
	return nil
}

// observe logs and counts a call. why is the reason why the call failed; "" if the call succeeded.
func (d *Dispatcher) observe(ctx context.Context, hook roomlog.HookItem, again bool, why string) {
	if why != "" {
		d.o.Logger.InfoContext(ctx, "a hook could not be called", "room", table.Digest(hook.Room), "seat", hook.Seat,
			"hook", hook.ID, "reason", why)
	}
	if d.o.Observe != nil {
		d.o.Observe(CallOutcome{Retry: again, Failed: why != ""})
	}
}

// endsDelivery reports whether a failed call is not to be repeated: the host has understood the call and wants no other
// (RFC 9110, sections 15.5.11 and 15.5.14).
func endsDelivery(answer outcall.Answer) bool {
	return answer.Status == outcall.StatusGone || answer.Status == outcall.StatusTooLarge
}

// failureReason returns why a call failed, in the words for the client; "" if the call succeeded.
func failureReason(answer outcall.Answer, err error) string {
	var e *outcall.Error
	switch {
	case errors.As(err, &e):
		return string(e.Kind)
	case err != nil:
		return string(outcall.Unreachable)
	case answer.Status/100 != 2:
		return fmt.Sprintf("http_%d", answer.Status)
	}
	return ""
}

// maxPostTime is the longest time of post, with 5 s to store the outcome.
const maxPostTime = 25 * time.Second
