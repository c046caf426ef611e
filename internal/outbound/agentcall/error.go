package agentcall

import (
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Next is what to do after a call that failed.
type Next int

// What comes next. Later and Anew are tries: they count, since an agent that knows none of its own tasks would be asked
// without end.
const (
	Later Next = iota // try again with the same message
	Anew              // the agent does not know the context or the task (any more): send the message without them
	Never             // the agent would answer each try in this way
)

// Retry returns what to do after Send or Task failed with err.
func Retry(err error) Next {
	var e *Error
	switch {
	case errors.Is(err, outcall.ErrTooLarge):
		return Never
	case errors.As(err, &e):
		return e.next
	}
	return Later
}

// Error is an answer in which there is no reply.
type Error struct {
	Status int // of HTTP
	Code   int // of JSON-RPC; 0: the answer was no error of JSON-RPC
	next   Next
	said   string
}

// Error says what was wrong, for the person whose agent it is. It may have words of the agent: it belongs in no log.
func (e *Error) Error() string { return e.said }

// Reason says what was wrong in a word that may be logged: http_ and a status, rpc_ and a code, or bad_answer.
func (e *Error) Reason() string {
	switch {
	case e.Code != 0:
		return fmt.Sprintf("rpc_%d", e.Code)
	case e.Status/100 != 2:
		return fmt.Sprintf("http_%d", e.Status)
	}
	return string(outcall.BadAnswer)
}

// refusedBy is an answer with a status. That the message is too large ends its delivery (RFC 9110, section 15.5.14);
// all other statuses may pass, also 404 while an agent is deployed.
func refusedBy(status int) *Error {
	e := &Error{Status: status, said: fmt.Sprintf("The agent answered with status %d.", status)}
	if status == outcall.StatusTooLarge {
		e.next = Never
	}
	return e
}

// unread is an answer that is not one of JSON-RPC, such as the page of a proxy.
func unread(status int) *Error {
	return &Error{Status: status, said: "The agent's answer is not JSON-RPC."}
}

// unknown is an answer by JSON-RPC that is not one of A2A. The agent has taken the message.
func unknown(status int) *Error {
	return &Error{Status: status, next: Never, said: "The agent's answer is not valid A2A 1.0."}
}

// The codes of A2A 1.0, section 9.5, and JSON-RPC 2.0, that say more than that something went wrong.
const (
	codeParse, codeRequest, codeMethod, codeParams               = -32700, -32600, -32601, -32602
	codeTask, codeUnsupported, codeType, codeExtension, codeWire = -32001, -32004, -32005, -32008, -32009
)

// nextAfter returns what to do after an error with a code. known tells that the call named a context or a task.
func nextAfter(code int, known bool) Next {
	switch code {
	case codeTask, codeParams, codeUnsupported: // an agent says by each of them that a conversation is unknown, or over
		if known {
			return Anew
		}
		return Never
	case codeParse, codeRequest, codeMethod, codeType, codeExtension, codeWire:
		return Never
	}
	return Later
}
