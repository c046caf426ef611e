package mcptools

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/meter"
)

// standbyName is what a wait without MCP is called beside the tools.
const standbyName = "standby"

// Standby is what a wait without MCP came to.
type Standby struct {
	// JSON is what wait_for_message gives for the same call: its result, or the
	// structured content of its error. It is empty if the caller has gone.
	JSON []byte
	// Code of the error; "" for a result.
	Code chat.Code
	// RetryAfter says when the call can succeed that was refused; else it is 0.
	RetryAfter time.Duration
	// Of a result: its status, that a newer wait of the same seat took over, and
	// that the wait ended since the server stops.
	Status     chat.WaitStatus
	Superseded bool
	Stopping   bool
}

// WaitHandler returns wait_for_message for those who wait without MCP, such as a
// shell in the background of an agent. It may be called by many goroutines at
// once.
func WaitHandler(rooms *chat.Service, logger *slog.Logger) func(context.Context, chat.WaitRequest) Standby {
	return func(ctx context.Context, req chat.WaitRequest) Standby {
		var s Standby
		wait := func(ctx context.Context) (*mcp.CallToolResult, error) {
			got, err := rooms.Wait(ctx, req)
			if err != nil {
				return toolError(err)
			}
			s.Status, s.Superseded, s.Stopping = got.Status, got.Superseded, got.Stopping
			return toolResult(viewWaited(got, req)), nil
		}
		if req.Wait > 0 {
			wait = counted(wait)
		}
		meter.From(ctx).Begin(standbyName)
		result, _ := safely(wait, logger, standbyName)(ctx) // whose errors are results
		if ctx.Err() != nil {
			return Standby{}
		}
		if s.JSON = result.RawStructuredContent; s.JSON == nil {
			s.JSON = compact(result.StructuredContent)
		}
		if result.IsError {
			s.readError()
		}
		meter.From(ctx).End(outcome(ctx, result), func() string { return roomOfToken(req.Token) })
		return s
	}
}

// readError takes the code and the time out of the JSON of an error.
func (s *Standby) readError() {
	var f failure
	_ = json.Unmarshal(s.JSON, &f) // it was made of one
	s.Code, s.RetryAfter = f.Code, time.Duration(f.RetryAfterSeconds)*time.Second
}

// Refusal is what a wait without MCP comes to that is refused before it begins.
func Refusal(err *chat.Error) Standby {
	seconds := int64(math.Ceil(err.RetryAfter.Seconds()))
	return Standby{
		JSON: compact(failure{Code: err.Code, Message: err.Message, RetryAfterSeconds: seconds}),
		Code: err.Code, RetryAfter: err.RetryAfter,
	}
}

// StandbyLine is a line for any POSIX shell that ends, and so wakes an agent that
// has it run in the background, when there is something to read, which it prints;
// or when the token in the variable TOKEN is no longer good. curl itself repeats a
// call that was quiet, and the loop one that broke off. address is that of MCP.
func StandbyLine(address string) string {
	return `until curl -fsS --retry 99999 --retry-delay 1 -H "Authorization: Bearer $TOKEN" ` +
		strings.TrimSuffix(strings.TrimSuffix(address, "/"), "/mcp") + `/v1/wait; do [ $? = 22 ] && break; sleep 1; done`
}
