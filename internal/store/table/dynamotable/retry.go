package dynamotable

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/internal/store/table"
)

const (
	firstPause = 25 * time.Millisecond // upper bound after the first attempt, doubled after each
	maxPause   = time.Second
)

// limits are the timeouts of a call. The service takes milliseconds.
type limits struct {
	fresh  time.Duration // of an attempt on a new connection, the handshake included
	reused time.Duration // of an attempt on a used connection
	total  time.Duration // of a call, retries included
}

// do sends a request, with retries, until DynamoDB answers or time runs out. lost
// reports whether an attempt before the last one may have taken effect. A final
// error wraps DynamoDB's own error.
//
// The SDK's retryer does not replace this loop: the retryer does not report whether a failed attempt may have taken
// effect.
func (t *Table) do(ctx context.Context, operation, about string, send func(context.Context, *Call) error) (lost bool,
	err error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("dynamotable: %s %s: %w", operation, about, err)
	}
	call := Call{Operation: operation}
	if t.observe != nil {
		defer func() { t.observe(ctx, call) }()
	}
	bounded, cancel := context.WithTimeout(ctx, t.limits.total)
	defer cancel()
	var cause error // the last failure other than the deadline
	for {
		call.Attempts++
		err := t.attempt(bounded, &call, send)
		if err == nil {
			return lost, nil
		}
		verdict := classify(err)
		if verdict == final {
			return lost, t.explain(operation, about, err)
		}
		lost = lost || verdict == unclear
		if cause == nil || bounded.Err() == nil {
			cause = err
		}
		if t.retried != nil {
			t.retried(operation, err)
		}
		if pause(bounded, call.Attempts) != nil {
			return lost, gaveUp(ctx, call, about, cause)
		}
	}
}

// attempt sends the request once. A connection may have died silently while the process was frozen. So an attempt on a
// used connection has less time; after an attempt without an answer the idle connections are closed, and the next
// attempt makes a new connection.
func (t *Table) attempt(ctx context.Context, call *Call, send func(context.Context, *Call) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reused atomic.Bool
	timer := time.AfterFunc(t.limits.fresh, func() { cancel(errNoAnswer) })
	defer timer.Stop()
	err := send(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if c.Reused {
			reused.Store(true)
			timer.Reset(t.limits.reused)
		}
	}}), call)
	if err == nil || !errors.Is(context.Cause(ctx), errNoAnswer) {
		return err
	}
	if reused.Load() && t.closeIdle != nil {
		t.closeIdle()
	}
	return fmt.Errorf("%w: %v", errNoAnswer, err) // not wrapped: err says that the caller canceled the call
}

// errNoAnswer reports that an attempt ran out of time.
var errNoAnswer = errors.New("dynamotable: no answer to an attempt")

// pause waits for a random time that grows with the attempts, so that callers that collided do not collide again. pause
// fails at once if ctx would end first.
func pause(ctx context.Context, attempts int) error {
	most := maxPause
	if shift := attempts - 1; shift < 10 {
		most = min(firstPause<<shift, maxPause)
	}
	d := rand.N(most)
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// gaveUp returns the error of a call that ran out of time. If the caller cancelled
// the call, the error wraps only context.Canceled.
func gaveUp(ctx context.Context, call Call, about string, cause error) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("dynamotable: %s %s: %w", call.Operation, about, err)
	case err != nil:
		return fmt.Errorf("%w: %s %s after %d attempts: %w; before that: %w", table.ErrUnavailable, call.Operation,
			about, call.Attempts, err, cause)
	default:
		return fmt.Errorf("%w: %s %s after %d attempts: %w", table.ErrUnavailable, call.Operation, about, call.Attempts,
			cause)
	}
}

// explain wraps a final error with advice for the operator.
func (t *Table) explain(operation, about string, err error) error {
	var missing *types.ResourceNotFoundException
	var cancelled *types.TransactionCanceledException
	var api smithy.APIError
	switch {
	case withoutCredentials(err):
		return fmt.Errorf("dynamotable: no AWS credentials; a local engine takes any, so set AWS_ACCESS_KEY_ID and "+
			"AWS_SECRET_ACCESS_KEY: %w", err)
	case errors.As(err, &missing):
		return fmt.Errorf("dynamotable: there is no table %q: deploy it, or with a local engine start with "+
			"--create-table: %w", t.name, err)
	case errors.As(err, &cancelled) && has(cancelled.CancellationReasons, reasonInvalid),
		errors.As(err, &api) && api.ErrorCode() == "ValidationException":
		return fmt.Errorf("%w: %s %s: %w", table.ErrInvalid, operation, about, err)
	default:
		return fmt.Errorf("dynamotable: %s %s: %w", operation, about, err)
	}
}

// verdict is what a failed attempt means for the next attempt.
type verdict int

const (
	final   verdict = iota // a retry would fail too
	refused                // no effect; a retry may succeed
	unclear                // perhaps an effect
)

// Codes of CancellationReason in the DynamoDB API reference.
const (
	reasonCondition = "ConditionalCheckFailed"
	reasonConflict  = "TransactionConflict"
	reasonCapacity  = "ProvisionedThroughputExceeded"
	reasonThrottled = "ThrottlingError"
	reasonInvalid   = "ValidationError"
	reasonNone      = "None"
)

// classify says what a failed attempt means. The SDK's lists decide which errors pass; classify adds whether the
// attempt may have taken effect.
func classify(err error) verdict {
	var cancelled *types.TransactionCanceledException
	var garbled *smithy.DeserializationError
	var answer *smithyhttp.ResponseError
	switch {
	case withoutCredentials(err): // the SDK has tried every source, and retried
		return final
	case errors.As(err, &cancelled):
		return classifyReasons(cancelled.CancellationReasons)
	case errors.As(err, &garbled), // the answer was cut off
		errors.Is(err, errNoAnswer), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unclear
	case errors.As(err, &answer) && answer.Response != nil && answer.HTTPStatusCode() != 0:
		return classifyStatus(err, answer.HTTPStatusCode())
	case errors.As(err, new(*net.DNSError)): // final for the SDK, but a running server outlives a failing resolver
		return refused
	case retry.RetryableConnectionError{}.IsErrorRetryable(err) == aws.TrueTernary:
		return classifyConnection(err)
	default:
		return final
	}
}

// classifyReasons returns final if any reason is final: a failed condition would fail again. Unknown reasons count as
// final.
func classifyReasons(reasons []types.CancellationReason) verdict {
	for _, reason := range reasons {
		switch aws.ToString(reason.Code) {
		case reasonConflict, reasonCapacity, reasonThrottled, reasonNone:
		default:
			return final
		}
	}
	return refused
}

// classifyStatus treats every 5xx as unclear, not only the 5xx on the SDK's list: no 5xx says that the write did not
// happen.
func classifyStatus(err error, status int) verdict {
	code := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, retryable := retry.DefaultRetryableErrorCodes[code]
	switch {
	case code == "TransactionInProgressException": // a lost attempt with the same token still runs
		return unclear
	case throttled, status == http.StatusTooManyRequests,
		code == "TransactionConflictException", code == "ReplicatedWriteConflictException":
		return refused
	case retryable, status >= http.StatusInternalServerError:
		return unclear
	default:
		return final
	}
}

// classifyConnection returns refused only if the connection was never established:
// otherwise the request may have reached DynamoDB.
func classifyConnection(err error) verdict {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return refused
	}
	return unclear
}

// withoutCredentials reports whether the request was not sent because the SDK found no credentials. Such an error wraps
// the failed operation of another service, the SDK's source of credentials.
func withoutCredentials(err error) bool {
	var ours, other *smithy.OperationError
	return errors.As(err, &ours) && errors.As(ours.Err, &other)
}

func has(reasons []types.CancellationReason, code string) bool {
	for _, reason := range reasons {
		if aws.ToString(reason.Code) == code {
			return true
		}
	}
	return false
}
