package mcp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// Work does the work of a call. It returns a value for the answer's JSON, or an error: a [results.Failure] if the
// caller may read the error. It writes the facts about the call into r.
type Work func(ctx context.Context, r *Record) (any, error)

// Record holds facts about a call for the log and the metrics, beside the name and the code.
type Record struct {
	// Room returns the id of the call's room, or ""; nil: the room is not known. Only a reader such as the log calls
	// it.
	Room func() string
}

// Outcome is how a call ended. Exactly one of its fields is set.
type Outcome struct {
	Value    any
	Failure  *results.Failure
	Canceled bool // the client has left: nobody reads the answer
}

// codeInternal is the code of a failure that is the server's fault.
const codeInternal = "internal"

// Do makes a call. Every call passes through Do, as a tools/call or without MCP. So the account of the call begins
// and ends in Do, and a panic or an unexpected error stops in Do: Do logs both under an id, and the caller gets only
// the id.
func Do(ctx context.Context, log *slog.Logger, tool string, work Work) Outcome {
	account := meter.From(ctx)
	account.Begin(tool)
	var r Record
	value, err := contain(ctx, log, work, &r)
	o, code := outcome(ctx, log, tool, value, err)
	account.End(code, r.Room)
	return o
}

// contain turns a panic of work into a failure. A call waits within contain, so rare work stays out of its stack frame.
func contain(ctx context.Context, log *slog.Logger, work Work, r *Record) (value any, err error) {
	defer func() {
		if v := recover(); v != nil {
			id := newID()
			LogPanic(ctx, log, id, v)
			value, err = nil, internalFailure(id)
		}
	}()
	return work(ctx, r)
}

// outcome returns the outcome and its code in the account. After a deadline the client is still there, with time for
// the answer, so only a cancelled context leaves no answer. If the context was cancelled for a reason that the caller
// may see, the answer is the reason.
func outcome(ctx context.Context, log *slog.Logger, tool string, value any, err error) (Outcome, string) {
	if errors.Is(ctx.Err(), context.Canceled) {
		var reason *fault.Error
		if !errors.As(context.Cause(ctx), &reason) {
			return Outcome{Canceled: true}, meter.CodeGone
		}
		err = &results.Failure{Code: string(reason.Code), Message: reason.Message}
	}
	if err == nil {
		return Outcome{Value: value}, meter.CodeOK
	}
	var f *results.Failure
	if !errors.As(err, &f) {
		id := newID()
		log.ErrorContext(ctx, "a tool failed", "id", id, "tool", tool, "error", err)
		f = internalFailure(id)
	}
	return Outcome{Failure: f}, f.Code
}

// JSON is the value or the failure as JSON; nil if the caller is gone.
func (o Outcome) JSON() json.RawMessage {
	switch {
	case o.Canceled:
		return nil
	case o.Failure != nil:
		return results.JSON(o.Failure)
	}
	return results.JSON(o.Value)
}

// newID returns the name of an incident: 60 random bits.
func newID() string { return rand.Text()[:12] }

func internalFailure(id string) *results.Failure {
	return &results.Failure{
		Code: codeInternal, ID: id,
		Message: fmt.Sprintf("Something went wrong inside the server and has been logged. Repeat the call once; if "+
			"it fails again, ask the person you work for to quote the id %s to the person who runs this server.", id),
	}
}

// LogPanic logs the recovered value v with the stack, under the id that the client gets. The deferred function that
// recovered must call it. If v does not come from the runtime, LogPanic logs only the type: v might hold a text of
// somebody.
func LogPanic(ctx context.Context, log *slog.Logger, id string, v any) {
	what := fmt.Sprintf("%T", v)
	if fault, ok := v.(runtime.Error); ok {
		what = fault.Error()
	}
	log.ErrorContext(ctx, "panic", "id", id, "panic", what, "stack", string(debug.Stack()))
}
