package tools

import (
	"context"
	"strings"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/mcp"
	"github.com/parley-chat/parley/internal/meter"
)

// beginWait counts the call of ctx among those that wait, until end is called. It
// refuses the call if as many wait as the server can hold; then the call has done
// nothing.
func beginWait(ctx context.Context) (end func(), err error) {
	account := meter.From(ctx)
	if !account.BeginWait() {
		return nil, &mcp.Failure{
			Code: string(fault.Unavailable), RetryAfterSeconds: crowdedSeconds,
			Message: "As many agents are waiting as this server can hold. This call did nothing: repeat it later, or without waiting (wait_seconds 0).",
		}
	}
	return account.EndWait, nil
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
