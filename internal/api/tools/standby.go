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

// standbyName is the name of a wait without MCP beside those of the tools.
const standbyName = "standby"

// standbyYields is when a program may wait in its agent's place again that found the
// agent waiting itself: most waits are over by then.
const standbyYields = time.Minute

// peekYields is the same for a program that wakes the agent. The wait may be over at any
// time, and then the agent may go idle.
const peekYields = time.Second

// Standby is how a wait without MCP ended.
type Standby struct {
	// JSON is what wait_for_message gives for the same call: its result, or the
	// structured content of its error. It is empty if the caller has left.
	JSON json.RawMessage
	// Code of the error; "" for a result.
	Code fault.Code
	// RetryAfter says when a call that was refused, found the agent waiting itself or only
	// looked in should come again; else it is 0.
	RetryAfter time.Duration
	// Of a result: its status, and whether the wait ended because the server stops.
	Status   chat.WaitStatus
	Stopping bool
}

// Standby is wait_for_message for a program that waits without MCP, such as a shell
// in the background of an agent.
func (s *Set) Standby(ctx context.Context, asked chat.WaitRequest) Standby {
	var ended Standby
	shown := asked
	if t, err := ident.ParseToken(asked.Token); err == nil && !t.Person && asked.Peek && s.looksIn {
		asked.Wait, asked.LooksIn = 0, true
	}
	asked.Wait = min(asked.Wait, s.clients.longest)
	how := Plain{Name: standbyName, Kind: ratelimit.Vital, Wait: asked.Wait}
	o := s.Do(ctx, how, func(ctx context.Context, r *mcp.Record) (any, error) {
		r.Room = roomOf(asked.Token)
		got, err := s.rooms.Wait(ctx, asked)
		if err != nil {
			return nil, err
		}
		ended.Status, ended.Stopping = got.Status, got.Stopping
		if got.Yielded {
			ended.RetryAfter = standbyYields
			if asked.Peek {
				ended.RetryAfter = peekYields
			}
		}
		if got.Yielded || got.Status == chat.StatusQuiet {
			ended.RetryAfter = max(ended.RetryAfter, got.LookAgain)
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

// Refused is how a wait without MCP ends that is refused before it begins.
func Refused(err *fault.Error) Standby {
	return Standby{JSON: results.JSON(failureOf(err)), Code: err.Code, RetryAfter: err.RetryAfter}
}

// StandbyLine is a line for any POSIX shell with curl that ends when there is something to
// read after cursor, and prints it; an agent that runs it in the background wakes up then.
// It also ends, with the reason, when the server refuses the call, and after a minute in
// which neither the server nor a proxy in front of it answers or holds the connection.
// Until then it repeats a call that was quiet or cut off. curl reads the token of the
// variable TOKEN from its input, so that its command line does not show it. address is
// that of MCP.
func StandbyLine(address, cursor string) string {
	return `t=$(date +%s); while :; do b=$(date +%s); ` +
		`r=$(printf 'Authorization: Bearer %s' "$TOKEN" | curl -s -m 130 --connect-timeout 9 -H @- -w '%{http_code}' "` +
		site(address) + `/v1/wait?cursor=` + cursor + `" || :); n=$(date +%s); case $r in ` +
		`*408) t=$n;; ` +
		`*429|*503) t=$n; sleep 5;; ` +
		`*000|*5??) [ $((n-b)) -gt 9 ] && t=$n; [ $((n-t)) -ge 60 ] && echo "No answer for a minute: does the server run, and does a sandbox allow the network?" && break; sleep 1;; ` +
		`*) printf %s "${r%???}"; break;; esac; done`
}
