package outcall

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
)

// Kind says why a call failed.
type Kind string

// The kinds.
const (
	Forbidden         Kind = "forbidden" // not called: the address, or where its host leads; or a malformed secret
	Timeout           Kind = "timeout"
	ConnectionRefused Kind = "connection_refused"
	TLS               Kind = "tls_error"
	Unreachable       Kind = "unreachable" // no such host, no route to the host, or the host hung up
	BadAnswer         Kind = "bad_answer"  // a redirect, too large, or not HTTP
	Busy              Kind = "busy"        // too many calls are under way; the host was not called
)

// Error is a failed call. The sentence is for a person, and tells nothing of this server's network; the wrapped error
// may.
type Error struct {
	Kind Kind
	said string // instead of the sentence of the kind
	err  error
}

func forbidden(sentence string) *Error { return &Error{Kind: Forbidden, said: sentence} }

// Error says what was wrong.
func (e *Error) Error() string {
	switch {
	case e.said != "":
		return e.said
	case e.Kind == Timeout:
		return "Couldn't reach this address (no answer in time)."
	case e.Kind == ConnectionRefused:
		return "Couldn't reach this address (connection refused)."
	case e.Kind == TLS:
		return "Couldn't connect safely to this address: check its certificate, and that it speaks TLS 1.2 or 1.3."
	case e.Kind == Unreachable:
		return "Couldn't reach this address."
	case e.Kind == BadAnswer:
		return "The host did not answer by HTTP, or with too many headers."
	}
	return "Too many calls are under way. Try again in a minute."
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// failure returns the Error of err for a call with ctx.
func failure(ctx context.Context, err error) *Error {
	var known *Error
	var network net.Error
	var broken *net.OpError
	var lookup *net.DNSError
	switch {
	case ctx.Err() != nil:
		return &Error{Kind: Timeout, err: errors.Join(ctx.Err(), err)}
	case errors.As(err, &network) && network.Timeout():
		return &Error{Kind: Timeout, err: err}
	case errors.As(err, &known):
		return known
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Kind: ConnectionRefused, err: err}
	case errors.As(err, &broken), errors.As(err, &lookup), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: Unreachable, err: err}
	}
	return &Error{Kind: BadAnswer, err: err}
}
