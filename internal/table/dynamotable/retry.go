package dynamotable

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/internal/table"
)

const (
	firstPause = 25 * time.Millisecond // the most to wait after one attempt; doubled after each
	maxPause   = time.Second
	// longest ends a call whose deadline is further off than DynamoDB remembers
	// the token of a transaction, which is ten minutes.
	longest = 5 * time.Minute
)

// limits bound the waiting for DynamoDB.
type limits struct {
	attempt time.Duration // for one answer; the service takes milliseconds
	total   time.Duration // for a call whose context has no deadline
}

// do sends a request until DynamoDB has dealt with it, or the time is over. It
// tells whether an attempt before the last was lost: it may have taken effect.
// An error that repeating does not help still has DynamoDB's own in its chain.
func (t *Table) do(ctx context.Context, operation, about string, send func(context.Context, *Call) error) (lost bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("dynamotable: %s %s: %w", operation, about, err)
	}
	call := Call{Operation: operation}
	if t.observe != nil {
		defer func() { t.observe(ctx, call) }()
	}
	bounded, cancel := t.bound(ctx)
	defer cancel()
	var cause error // of the repeats: the last failure that tells more than that time ran out
	for {
		call.Attempts++
		err := t.attempt(bounded, &call, send)
		if err == nil {
			return lost, nil
		}
		verdict := judge(err)
		if verdict == final {
			return lost, t.explain(operation, about, err)
		}
		lost = lost || verdict == unclear
		if cause == nil || bounded.Err() == nil {
			cause = err
		}
		if pause(bounded, call.Attempts) != nil {
			return lost, gaveUp(ctx, call, about, cause)
		}
	}
}

func (t *Table) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithTimeout(ctx, longest)
	}
	return context.WithTimeout(ctx, t.limits.total)
}

func (t *Table) attempt(ctx context.Context, call *Call, send func(context.Context, *Call) error) error {
	ctx, cancel := context.WithTimeout(ctx, t.limits.attempt)
	defer cancel()
	return send(ctx, call)
}

// pause waits for a random time that grows with the attempts, so that those who
// met here do not meet again. It fails, at once, where the context ends sooner.
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

// gaveUp is the error of a call that ran out of time. One that the caller called
// off bears the context's error only.
func gaveUp(ctx context.Context, call Call, about string, cause error) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("dynamotable: %s %s: %w", call.Operation, about, err)
	case err != nil:
		return fmt.Errorf("%w: %s %s after %d attempts: %w; before that: %w", table.ErrUnavailable, call.Operation, about, call.Attempts, err, cause)
	default:
		return fmt.Errorf("%w: %s %s after %d attempts: %w", table.ErrUnavailable, call.Operation, about, call.Attempts, cause)
	}
}

// explain words an error that is final for those who can do something about it.
func (t *Table) explain(operation, about string, err error) error {
	var missing *types.ResourceNotFoundException
	var cancelled *types.TransactionCanceledException
	var api smithy.APIError
	switch {
	case withoutCredentials(err):
		return fmt.Errorf("dynamotable: no AWS credentials; a local engine takes any, so set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", err)
	case errors.As(err, &missing):
		return fmt.Errorf("dynamotable: there is no table %q: deploy it, or with a local engine start with --create-table: %w", t.name, err)
	case errors.As(err, &cancelled) && has(cancelled.CancellationReasons, reasonInvalid),
		errors.As(err, &api) && api.ErrorCode() == "ValidationException":
		return fmt.Errorf("%w: %s %s: %w", table.ErrInvalid, operation, about, err)
	default:
		return fmt.Errorf("dynamotable: %s %s: %w", operation, about, err)
	}
}

// verdict is what a failed attempt means for the next one.
type verdict int

const (
	final   verdict = iota // repeating does not help
	refused                // nothing was done, later it may be
	unclear                // it may have been done
)

// Why DynamoDB cancels a transaction; see CancellationReason in its API reference.
const (
	reasonCondition = "ConditionalCheckFailed"
	reasonConflict  = "TransactionConflict"
	reasonCapacity  = "ProvisionedThroughputExceeded"
	reasonThrottled = "ThrottlingError"
	reasonInvalid   = "ValidationError"
	reasonNone      = "None"
)

func judge(err error) verdict {
	var cancelled *types.TransactionCanceledException
	var garbled *smithy.DeserializationError
	var answer *smithyhttp.ResponseError
	var unsent *smithyhttp.RequestSendError
	switch {
	case withoutCredentials(err): // each source of them has been tried, and tried again
		return final
	case errors.As(err, &cancelled):
		return judgeReasons(cancelled.CancellationReasons)
	case errors.As(err, &garbled), // the answer was cut
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unclear
	case errors.As(err, &answer) && answer.Response != nil && answer.HTTPStatusCode() != 0:
		return judgeAnswer(err, answer.HTTPStatusCode())
	case errors.As(err, &unsent):
		return judgeConnection(err)
	default:
		return final
	}
}

// judgeReasons takes a cancelled transaction as final where any reason is, for a
// condition that failed fails again; and so counts an unknown reason.
func judgeReasons(reasons []types.CancellationReason) verdict {
	for _, reason := range reasons {
		switch aws.ToString(reason.Code) {
		case reasonConflict, reasonCapacity, reasonThrottled, reasonNone:
		default:
			return final
		}
	}
	return refused
}

func judgeAnswer(err error, status int) verdict {
	code := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch code {
	case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
		"TransactionConflictException", "ReplicatedWriteConflictException":
		return refused
	case "TransactionInProgressException": // an attempt with the same token that was lost
		return unclear
	}
	switch {
	case status == http.StatusTooManyRequests:
		return refused
	case status >= http.StatusInternalServerError:
		return unclear
	default:
		return final
	}
}

// judgeConnection knows one kind of broken connection on which nothing can have
// been sent: the one that was never made.
func judgeConnection(err error) verdict {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return refused
	}
	return unclear
}

// withoutCredentials knows that nothing was sent for want of credentials by the
// other service within the error, which the SDK asked for them.
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
