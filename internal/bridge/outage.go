package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/mcp"
)

// codeAway is the JSON-RPC code of a request to a server that is away. JSON-RPC 2.0 leaves it to
// servers (section 5.1).
const codeAway = -32000

// absence says why there is no answer.
type absence struct {
	sentence string // for a person or a model
	passes   bool   // trying again may help
	unsent   bool   // the server has not seen the request
}

// absent returns the absence behind a status of HTTP, 0 if there was none, and an error.
func absent(server string, status int, err error) *absence {
	var op *net.OpError
	switch {
	case status == 0 && errors.As(err, &op) && op.Op == "dial":
		return &absence{fmt.Sprintf("Parley does not answer at %s (%v).", server, op.Err), true, true}
	case status == 0:
		return &absence{fmt.Sprintf("Parley does not answer at %s.", server), true, false}
	case status < http.StatusMultipleChoices:
		return &absence{fmt.Sprintf("The connection to Parley at %s ended before the answer.", server), true, false}
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return &absence{fmt.Sprintf("Instead of Parley, %s answered with the HTTP status %d.", server, status), true,
			false}
	}
	return &absence{fmt.Sprintf("Instead of Parley, %s answered with the HTTP status %d. The address may be wrong, "+
		"or need a sign-in.", server, status), false, true}
}

// result returns what a model reads for a call of a tool.
func (a *absence) result(m message) answer {
	f := mcp.Failure{Code: string(fault.Unavailable), Message: a.sentence, Next: nextAway}
	if a.passes {
		f.RetryAfterSeconds = 5
	}
	if !a.unsent {
		f.Message += " The call may have been done."
		f.Next = m.retryHint()
	} else if a.passes {
		f.Message += " Nothing was done."
		f.Next = "Repeat the call. " + nextAway
	}
	result := map[string]any{
		"content":           []any{map[string]string{"type": "text", "text": f.Error()}},
		"structuredContent": f,
		"isError":           true,
	}
	if m.modern() {
		result["resultType"] = library.ResultTypeComplete
	}
	return answer{Result: mcp.JSON(result)}
}

const nextAway = "If this goes on, tell your user: parley doctor says what is wrong."

// retryHint says what to do after a call that may have taken effect, like the server itself
// does for each tool.
func (m message) retryHint() string {
	var call struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m.Params, &call)
	switch call.Name {
	case "send_message":
		return "Repeat the call word for word, with the cursor that you had before it, before you send another: then " +
			"it is sent only once."
	case "join_room":
		return "Repeat the call. If it is refused with name_taken or room_full, a seat of yours may be in the way: " +
			"repeat it after retry_after_seconds, or choose another agent_name."
	case "create_room":
		return "The room may be there without you. Repeat the call with another name, or without room."
	case "manage_agent":
		return "Look with room_info whether it was done, before you repeat it."
	}
	return "Repeating the call is safe."
}

// outage is the time since which the server is away.
type outage struct {
	clock    clockwork.Clock
	patience time.Duration
	note     func(format string, args ...any)

	mu    sync.Mutex
	since time.Time // zero: it is there
}

// saw notes how a request ended: nil is an answer. The beginning and the end of an outage
// are worth a note.
func (o *outage) saw(away *absence) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case away == nil && !o.since.IsZero():
		o.since = time.Time{}
		o.note("the server answers again")
	case away != nil && o.since.IsZero():
		o.since = o.clock.Now()
		o.note("%s", away.sentence)
	}
}

// wait waits before the next try, and reports whether there should be one. The patience
// counts from the beginning of the outage, not from that of the request, so that a client
// which asks one thing after another does not wait for each.
func (o *outage) wait(ctx context.Context, try int) bool {
	o.mu.Lock()
	left := o.patience
	if !o.since.IsZero() {
		left -= o.clock.Since(o.since)
	}
	o.mu.Unlock()
	pause := min(100*time.Millisecond<<min(try, 4), time.Second)
	if left < pause {
		return false
	}
	select {
	case <-o.clock.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
