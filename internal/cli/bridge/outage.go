package bridge

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// codeAway is the JSON-RPC code for a request to a server that is away. JSON-RPC 2.0 leaves this code to servers
// (section 5.1).
const codeAway = -32000

// absence says why there is no answer.
type absence struct {
	sentence string // for a person or a model
	passes   bool   // trying again may help
	unsent   bool   // the server has not seen the request
}

// absent returns the absence for an HTTP status, 0 without an answer, and an error.
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
	f := results.Failure{Code: string(fault.Unavailable), Message: a.sentence, Next: nextAway}
	if a.passes {
		f.RetryAfterSeconds = 5
	}
	if !a.unsent {
		f.Message += " The call may have been done."
		f.Next = nextDoubt
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
	return answer{Result: results.JSON(result)}
}

const nextAway = "If this goes on, tell your user: parley doctor says what is wrong."

// nextDoubt fits every tool: the bridge does not know the tools.
const nextDoubt = "Repeat the call word for word, with the cursor that you had before it, before you make another: " +
	"a message is then sent only once. If the repeated call is refused, the first may have taken effect."
