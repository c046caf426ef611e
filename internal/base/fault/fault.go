// Package fault defines the errors that callers of Parley see: a code for programs and a sentence for a model or a
// person.
package fault

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Code classifies an Error. Codes are part of the contract with clients; each front end translates codes to its
// protocol.
type Code string

// The codes.
const (
	InvalidArgument Code = "invalid_argument" // the call can never succeed unchanged
	RoomNotFound    Code = "room_not_found"   // no such room, or it has expired
	RoomExists      Code = "room_exists"      // another room has the name
	NameTaken       Code = "name_taken"       // another agent in the room has the name
	RoomFull        Code = "room_full"        // every seat is taken
	WrongPassword   Code = "wrong_password"   // missing or wrong
	TokenInvalid    Code = "token_invalid"    // mistyped, or never issued
	// the key, the invite or the token does not admit the caller to the server
	KeyInvalid     Code = "key_invalid"
	NotAllowed     Code = "not_allowed"      // the role, the key, the invite or the token does not permit the call
	Paused         Code = "paused"           // the person behind the agent, or a limit on agents, keeps it silent
	Removed        Code = "removed"          // the agent has lost its seat
	RoomClosed     Code = "room_closed"      // an admin has closed the room
	MessageTooLong Code = "message_too_long" // over the limit on the bytes of a message, or of a file
	AlreadyShared  Code = "already_shared"   // another file came through the same address of an upload
	RateLimited    Code = "rate_limited"     // too many calls; retry later
	Unavailable    Code = "unavailable"      // the store did not answer, or the server or its disk is full
	Internal       Code = "internal"         // a fault of the server
)

// Rule says which rule refused a call, where a code stands for several rules and a front end has its own sentences.
type Rule string

// The rules.
const (
	RuleBan      Rule = "ban"      // the name is banned
	RuleMute     Rule = "mute"     // the agent is muted
	RuleChannel  Rule = "channel"  // only admins speak
	RuleRun      Rule = "run"      // agents have said as much as they may until a person speaks
	RuleDrafts   Rule = "drafts"   // as many drafts as may be wait for the person
	RuleKey      Rule = "key"      // the idempotency key stands for another message
	RuleBlank    Rule = "blank"    // nobody could see the text
	RuleControls Rule = "controls" // the text has control characters
	RuleSecret   Rule = "secret"   // the text has a token, a link or a key
)

// Error is a refusal or a failure that a caller sees. A refusal changes nothing.
type Error struct {
	Code Code
	// Unclear says that the call may have taken effect, or may yet. Whether a repetition is safe depends on the call.
	Unclear bool
	// Rule is set where Code stands for several rules that a front end tells apart.
	Rule Rule
	// Message says in a sentence or two what was wrong and what to do next. It never contains text that an agent chose.
	Message string
	// RetryAfter is the time after which the same call can succeed. It is zero where waiting does not help.
	RetryAfter time.Duration
	// By names, where it matters, the agent that has the task, or the admin that took the seat. An agent chose the
	// name.
	By string
	// Reason says to a person why their seat is gone or why an address is not called: a room.Reason, a Reason below or
	// a reason of outbox.AddressError.
	Reason string
	// Note is the reason that the admin gave for taking the seat. An agent chose the text; hidden characters are
	// escaped.
	Note string
	// Next says what to do next, where Message does not suffice.
	Next string

	cause error
}

// Reasons of an Error, beside the reasons of package room.
const (
	ReasonDevice = "device"  // a further device of the person took the place of this device
	ReasonNoSeat = "no_seat" // with KeyInvalid: the token or the link, not the key, is wrong: it leads to no seat
	// with KeyInvalid: the seat is from before the server asked for keys, and no key has admitted it yet
	ReasonUnadmitted = "unadmitted"
	// with KeyInvalid: the access token of a sign-in is too old; the program gets another
	ReasonExpired = "expired"
	ReasonStale   = "stale" // with InvalidArgument: what a draft answers is open no more
	// with InvalidArgument: the card of an agent names an address for calls of another origin
	ReasonElsewhere = "other_origin"
)

// Error returns the code, the message and the cause, for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of err: "" for nil, Internal for an error that is not an *Error.
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

// Refuse returns an Error without a cause.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// For returns e, with the rule that refused.
func (e *Error) For(r Rule) *Error {
	e.Rule = r
	return e
}

// RetryLater returns an Error that asks the caller to wait for at least after, and never for less than a second.
func RetryLater(code Code, after time.Duration, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: max(after, time.Second)}
}

// Seconds returns d in whole seconds, rounded up, as messages and results show d.
func Seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// Wrap returns an Error with a cause. Only logs show the cause.
func Wrap(cause error, code Code, after time.Duration, message string) *Error {
	return &Error{Code: code, Message: message, RetryAfter: after, cause: cause}
}
