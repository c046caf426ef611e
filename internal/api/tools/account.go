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

// unwaited is how long a call takes at most that does not wait. Only a table that does not
// answer takes so long. Each part of a call would give it as much time again.
const unwaited = 15 * time.Second

// answerTime is how long a call takes at most beyond the time for which it waits, behind a
// front that ends calls itself, as Lambda does: the client may give it up soon after. An attempt
// on a connection that died, and one on a new connection, fit.
const answerTime = 2750 * time.Millisecond

// vital are the tools that still work for a caller that has spent its budget.
func vital() []string { return []string{"wait_for_message", "leave_room", "manage_agent", "supervise"} }

// admitted returns the call of t that asks first whether its caller has budget left, before
// anything of it is read.
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

// admit admits a call, or refuses it for the budget of its caller.
func (s *Set) admit(ctx context.Context, k ratelimit.Kind) (context.Context, error) {
	ctx, err := s.rooms.Limits().Begin(ctx, k)
	if err != nil {
		return nil, refusal(err, "")
	}
	return ctx, nil
}

// begin returns the context of a call that may wait for so long. It refuses the call
// like beginWait. The caller calls end.
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

// beginWait counts the call of ctx among those that wait, until end is called. It refuses the
// call if as many wait as the server can hold, or as one address may have; then the call has done
// nothing. From here on nothing keeps its body in memory: a wait lasts for hours.
func beginWait(ctx context.Context) (end func(), err error) {
	end, err = meter.From(ctx).BeginWait()
	if err == nil {
		return end, nil
	}
	crowd := "This server has as many waiting agents as it can hold."
	if errors.Is(err, meter.ErrShare) {
		crowd = "Your address has as many waiting agents as this server allows."
	}
	return nil, &results.Failure{
		Code: string(fault.Unavailable), RetryAfterSeconds: crowdedSeconds,
		Message: crowd + " This call did nothing: repeat it later, or without waiting (wait_seconds 0).",
	}
}

// crowdedSeconds is after how long one of the calls that wait has probably ended.
const crowdedSeconds = 10

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

// roomOf returns the way to the id of the room of a token or a view, which is "" if it is none. The id
// is not secret.
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
