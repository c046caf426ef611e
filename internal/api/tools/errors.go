package tools

import (
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// refusal returns what a model reads of an error of chat; no other function does. Any other error stays as it is: the
// caller reads only the id under which the error is logged. again says what to do after a call that may have taken
// effect.
func refusal(err error, again string) error {
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code == fault.Internal {
		return err
	}
	f := failureOf(refused)
	if refused.Unclear {
		f.Next = again
	}
	return f
}

// repeatSafely is for a call that adds nothing if an earlier attempt has taken effect.
const repeatSafely = "Repeating the call is safe."

// repeatOnce is for a call that the server knows by its arguments, unless the cursor shows its answer.
const repeatOnce = "It may have been done. Repeat the call word for word with the cursor that you had, or a newer " +
	"one: then it is done only once."

// failureOf returns what a model reads of a refusal.
func failureOf(err *fault.Error) *results.Failure {
	return &results.Failure{
		Code: string(err.Code), Message: err.Message, RetryAfterSeconds: int64(fault.Seconds(err.RetryAfter)),
		Untrusted: noticeIf(err.By != ""), By: err.By, Reason: err.Reason, Note: err.Note,
		Next: err.Next,
	}
}

func invalidArgument(message string) error {
	return &results.Failure{Code: string(fault.InvalidArgument), Message: message}
}
