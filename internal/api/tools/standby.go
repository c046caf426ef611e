package tools

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// standbyName is the name of a wait without MCP, beside the names of the tools.
const standbyName = "standby"

// standbyYields is after how long a program that found its agent waiting may wait in the agent's place again: most
// waits are over by then.
const standbyYields = time.Minute

// peekYields is standbyYields for a program that wakes the agent. The wait may end at any time, and then the agent may
// go idle.
const peekYields = time.Second

// Standby is how a wait without MCP ended.
type Standby struct {
	// JSON is the result of wait_for_message for the same call, or the structured content of its error; empty if the
	// caller has left.
	JSON json.RawMessage
	// Code of the error; "" for a result.
	Code fault.Code
	// RetryAfter is after how long the program should call again, if the call was refused, found the agent waiting, or
	// did not wait; else 0.
	RetryAfter time.Duration
	// Status of a result. Stopping says that the wait ended because the server stops.
	Status   chat.WaitStatus
	Stopping bool
}

// Standby is wait_for_message for a program that waits without MCP, such as a shell
// in the background of an agent.
func (s *Set) Standby(ctx context.Context, asked chat.WaitRequest) Standby {
	var ended Standby
	shown := asked
	if token, err := ident.ParseToken(asked.Token); err == nil && !token.Person && asked.Peek && s.looksIn {
		asked.Wait, asked.Polls = 0, true
	}
	asked.Wait = min(asked.Wait, s.clients.longest)
	how := Plain{Name: standbyName, Kind: ratelimit.Vital, Wait: asked.Wait}
	o := s.Do(ctx, how, func(ctx context.Context, r *mcp.Record) (any, error) {
		r.Room = roomOf(asked.Token)
		got, err := s.rooms.Wait(ctx, asked)
		if err != nil {
			return nil, err
		}
		ended.Status, ended.Stopping = got.Status, got.Situation.Stopping
		if got.Yielded {
			ended.RetryAfter = standbyYields
			if asked.Peek {
				ended.RetryAfter = peekYields
			}
		}
		if got.Yielded || got.Status == chat.StatusQuiet {
			ended.RetryAfter = max(ended.RetryAfter, got.PollAfter)
		}
		return s.clients.advisor(ctx).viewWaited(got, shown), nil
	})
	ended.JSON = o.JSON()
	if o.Failure != nil {
		ended.Code, ended.RetryAfter = fault.Code(o.Failure.Code),
			time.Duration(o.Failure.RetryAfterSeconds)*time.Second
	}
	return ended
}

// Refused returns the end of a wait without MCP for a refusal before the wait.
func Refused(err *fault.Error) Standby {
	return Standby{JSON: results.JSON(failureOf(err)), Code: err.Code, RetryAfter: err.RetryAfter}
}

// StandbyLine returns a line for any POSIX shell with curl. The line ends when there is something to read after cursor,
// and prints the messages; an agent that runs the line in the background then wakes up. The line also ends, with the
// reason, when the server refuses the call, and after a minute without an answer or an open connection of the server or
// a proxy in front of it. Until then it repeats a call that was quiet or cut off. curl reads the token of the variable
// TOKEN from its input, so that no command line shows the token. address is the address of MCP.
func StandbyLine(address, cursor string) string {
	return `t=$(date +%s); while :; do b=$(date +%s); ` +
		`r=$(printf 'Authorization: Bearer %s' "$TOKEN" | curl -s -m 130 --connect-timeout 9 -H @- -w '%{http_code}' "` +
		site(address) + `/v1/wait?cursor=` + cursor + `" || :); n=$(date +%s); case $r in ` +
		`*408) t=$n;; ` +
		`*429|*503) t=$n; sleep 5;; ` +
		`*000|*5??) [ $((n-b)) -gt 9 ] && t=$n; [ $((n-t)) -ge 60 ] && echo "No answer for a minute: does the server run, and does a sandbox allow the network?" && break; sleep 1;; ` +
		`*) printf %s "${r%???}"; break;; esac; done`
}
