package tools

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// unwaited is the longest time of a call that does not wait. Only a call of a table that does not answer takes so long;
// without this limit, each part of the call would give the table as much time again.
const unwaited = 15 * time.Second

// answerTime is the longest time of a call beyond its wait, behind a front that ends calls, as Lambda does: the client
// may give up soon afterwards. The time is enough for an attempt on a dead connection and another on a new connection.
const answerTime = 2750 * time.Millisecond

// vital returns the tools that work even for a caller without budget.
func vital() []string { return []string{"wait_for_message", "leave_room", "manage_agent", "supervise"} }

// admitted returns the call of t behind a check of the caller's budget, before any argument is read.
func (s *Set) admitted(t mcp.Tool) func(context.Context, json.RawMessage, *mcp.Record) (any, error) {
	kind, call := ratelimit.Usual, t.Call
	if slices.Contains(vital(), t.Name) {
		kind = ratelimit.Vital
	}
	return func(ctx context.Context, arguments json.RawMessage, r *mcp.Record) (any, error) {
		ctx, err := s.admit(ctx, kind)
		if err != nil {
			return nil, err
		}
		return call(ctx, arguments, r)
	}
}

// admit admits a call, or refuses a call of a caller without budget.
func (s *Set) admit(ctx context.Context, k ratelimit.Kind) (context.Context, error) {
	ctx, err := s.rooms.Limits().Begin(ctx, k)
	if err != nil {
		return nil, refusal(err, "")
	}
	return ctx, nil
}

// begin returns the context of a call that may wait for so long. It refuses the call as beginWait does. The caller must
// call end.
func begin(ctx context.Context, wait time.Duration) (_ context.Context, end func(), err error) {
	waited, most := func() {}, unwaited
	forget := func() {}
	if wait > 0 {
		most += wait
		if _, bounded := ctx.Deadline(); bounded {
			most = wait + answerTime
		}
		waited, err = beginWait(ctx)
		if err != nil {
			return nil, nil, err
		}
		var givenUp <-chan struct{}
		givenUp, forget = mcp.Waits(ctx)
		ctx = chat.EndedBy(ctx, givenUp)
	}
	ctx, cancel := chat.Until(ctx, meter.From(ctx).Began().Add(most))
	return ctx, func() { cancel(); forget(); waited() }, nil
}

// beginWait counts the call of ctx among the waiting calls, until end is called. It refuses a call at the limit of
// waiting calls of the server or of the caller's address; a refused call has done nothing. Nothing keeps the body of
// a waiting call in memory: a wait lasts for hours.
func beginWait(ctx context.Context) (end func(), err error) {
	end, err = meter.From(ctx).BeginWait()
	if err == nil {
		return end, nil
	}
	full := "This server has as many waiting agents as it can hold."
	if errors.Is(err, meter.ErrShare) {
		full = "Your address has as many waiting agents as this server allows."
	}
	return nil, &results.Failure{
		Code: string(fault.Unavailable), RetryAfterSeconds: fullRetrySeconds,
		Message: full + " This call did nothing: repeat it later, or without waiting (wait_seconds 0).",
	}
}

// fullRetrySeconds is after how long one of the waiting calls has probably ended.
const fullRetrySeconds = 10

// tokenIn returns the agent token in the result of taking a seat; "" if there is none.
func tokenIn(out any) string {
	switch v := out.(type) {
	case results.Joined:
		return v.AgentToken
	case results.Queued:
		if v.Joined != nil {
			return v.AgentToken
		}
	}
	return ""
}

// roomOf returns a function that returns the id of the room of a token or a view; "" for any other text. The id is no
// secret.
func roomOf(token string) func() string {
	return func() string {
		if v, ok := ident.ParseView(token); ok {
			return v.Room
		}
		t, err := ident.ParseToken(token)
		if err != nil {
			return ""
		}
		return t.Room
	}
}
