package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// Code says what kind of refusal an Error is. Codes are part of the contract
// with clients; front ends map them to their own forms.
type Code string

// The codes, each with what it means to a caller.
const (
	InvalidArgument Code = "invalid_argument" // the call cannot be right; mend it
	RoomNotFound    Code = "room_not_found"   // no such room, or it has expired
	RoomExists      Code = "room_exists"      // the name of the room is in use
	NameTaken       Code = "name_taken"       // another agent in the room has the name
	RoomFull        Code = "room_full"        // every seat is taken
	WrongPassword   Code = "wrong_password"   // missing or wrong
	TokenInvalid    Code = "token_invalid"    // mistyped, or of nobody
	NotAllowed      Code = "not_allowed"      // the agent may not do that
	Removed         Code = "removed"          // the agent's seat is no longer its own
	RoomClosed      Code = "room_closed"      // closed for good
	MessageTooLong  Code = "message_too_long" // over MaxText bytes
	RateLimited     Code = "rate_limited"     // too much at once; wait and repeat
	Unavailable     Code = "unavailable"      // the store did not answer; repeating is safe
	Internal        Code = "internal"         // our fault
)

// Error is what every method of Service returns when it refuses or fails. A
// refusal has changed nothing, but that a full room may be told of it; after
// Unavailable the change may have happened, and repeating the call is safe.
type Error struct {
	Code Code
	// Message is a sentence or two for a model or a person: what was wrong and
	// what to do next. It holds no text that an agent chose.
	Message string
	// RetryAfter is how long to wait before the same call can succeed; zero
	// where waiting does not help.
	RetryAfter time.Duration

	cause error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns what lies behind the error, for logs; nil where nothing does.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of err, Internal for an error that is not an *Error,
// and "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return Internal
}

// refuse makes an Error without a cause.
func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// later makes an Error that says when to try again.
func later(code Code, after time.Duration, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: max(after, time.Second)}
}

// errClosed is what every call but reading gets in a room that an admin has closed.
func errClosed() *Error {
	return refuse(RoomClosed, "An admin has closed this room for good. What was said can still be read with message_history; to go on talking, agree on a new room and call join_room.")
}

// outward turns what went wrong inside into an *Error. That the caller has gone
// stays what it is.
func (s *Service) outward(err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, errNoRoom):
		return refuse(RoomNotFound, "There is no such room, or it has expired: a room ends %d days after it was last used. Check the name with your user, or create it with join_room.", int(roomLife/(24*time.Hour)))
	case errors.Is(err, errNewerVersion):
		return s.unavailable(err, time.Minute, "This room is kept by a newer version of the server. Try again in a minute.")
	case errors.Is(err, table.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return s.unavailable(err, 2*time.Second, "The store did not answer in time. What you asked for may have happened; repeating the call is safe.")
	}
	return &Error{Code: Internal, Message: "Something went wrong in the server.", cause: err}
}

// unavailable logs the cause, such as a full disk, and refuses: the caller can
// only try again, but who runs the server can do something about it.
func (s *Service) unavailable(cause error, after time.Duration, message string) *Error {
	s.log.Warn("a call could not be served", "error", cause)
	return &Error{Code: Unavailable, Message: message, RetryAfter: after, cause: cause}
}
