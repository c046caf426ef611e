package agentcall

import (
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Next is what to do after a failed call.
type Next int

// Later and Anew count as tries: otherwise an agent that knows none of its own tasks would be called without end.
const (
	Later Next = iota // try again with the same message
	Anew              // the context or the task is unknown (by now): send the message without both
	Never             // each try would get the same answer
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

// Error is an answer without a reply.
type Error struct {
	Status int // of HTTP
	Code   int // of JSON-RPC; 0: the answer was no error of JSON-RPC
	next   Next
	said   string
}

// Error says what was wrong, for the agent's person. The text may quote the agent, so the text belongs in no log.
func (e *Error) Error() string { return e.said }

// Reason says what was wrong in a word for logs: http_ and a status, rpc_ and a code, or bad_answer.
func (e *Error) Reason() string {
	switch {
	case e.Code != 0:
		return fmt.Sprintf("rpc_%d", e.Code)
	case e.Status/100 != 2:
		return fmt.Sprintf("http_%d", e.Status)
	}
	return string(outcall.BadAnswer)
}

// refusedBy returns the error for a status. A message that is too large is never sent again (RFC 9110, section
// 15.5.14); each other status may pass, also 404 while an agent is deployed.
func refusedBy(status int) *Error {
	e := &Error{Status: status, said: fmt.Sprintf("The agent answered with status %d.", status)}
	if status == outcall.StatusTooLarge {
		e.next = Never
	}
	return e
}

// notJSONRPC returns the error for another answer than JSON-RPC, such as the page of a proxy.
func notJSONRPC(status int) *Error {
	return &Error{Status: status, said: "The agent's answer is not JSON-RPC."}
}

// notA2A returns the error for an answer by JSON-RPC but not by A2A. The agent has taken the message.
func notA2A(status int) *Error {
	return &Error{Status: status, next: Never, said: "The agent's answer is not valid A2A 1.0."}
}

// The codes of A2A 1.0, section 9.5, and JSON-RPC 2.0, that say more than that something went wrong.
const (
	codeParse, codeRequest, codeMethod, codeParams               = -32700, -32600, -32601, -32602
	codeTask, codeUnsupported, codeType, codeExtension, codeWire = -32001, -32004, -32005, -32008, -32009
)

// nextAfter returns what to do after an error with a code. known says that the call named a context or a task.
func nextAfter(code int, known bool) Next {
	switch code {
	case codeTask, codeParams, codeUnsupported: // each code may mean that the conversation is unknown, or over
		if known {
			return Anew
		}
		return Never
	case codeParse, codeRequest, codeMethod, codeType, codeExtension, codeWire:
		return Never
	}
	return Later
}
