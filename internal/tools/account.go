package tools

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/meter"
)

// besideItsWait is how long a call takes at most beside the time for which it waits.
// Only a table that does not answer takes so long. Each part of a call would give it
// as much time again.
const besideItsWait = 15 * time.Second

// begin returns the context of a call that may wait for so long. It refuses the call
// like beginWait. The caller calls end.
func begin(ctx context.Context, wait time.Duration) (_ context.Context, end func(), err error) {
	waited := func() {}
	if wait > 0 {
		if waited, err = beginWait(ctx); err != nil {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, wait+besideItsWait)
	return ctx, func() { cancel(); waited() }, nil
}

// beginWait counts the call of ctx among those that wait, until end is called. It
// refuses the call if as many wait as the server can hold, or as one address may have;
// then the call has done nothing.
func beginWait(ctx context.Context) (end func(), err error) {
	account := meter.From(ctx)
	err = account.BeginWait()
	if err == nil {
		return account.EndWait, nil
	}
	crowd := "As many agents are waiting as this server can hold."
	if errors.Is(err, meter.ErrShare) {
		crowd = "From your address as many agents are waiting as this server allows to one."
	}
	return nil, &mcp.Failure{
		Code: string(fault.Unavailable), RetryAfterSeconds: crowdedSeconds,
		Message: crowd + " This call did nothing: repeat it later, or without waiting (wait_seconds 0).",
	}
}

// crowdedSeconds is after how long one of the calls that wait has probably ended.
const crowdedSeconds = 10

// seatTaken is a result that may hold the agent token of a seat.
type seatTaken interface{ token() string }

// roomOf returns the id of the room of an agent token; "" if it is none. The id is
// not secret.
func roomOf(token string) string {
	if token = strings.ToLower(strings.TrimSpace(token)); len(token) != ident.TokenChars {
		return ""
	}
	return token[:ident.RoomChars]
}
