package tools

import (
	"errors"
	"math"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/mcp"
)

// refusal is the one place where an error of chat becomes what a model reads. Any
// other error stays as it is: the caller gets only the id under which it is logged.
func refusal(err error) error {
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code == fault.Internal {
		return err
	}
	return &mcp.Failure{
		Code: string(refused.Code), Message: refused.Message,
		RetryAfterSeconds: int64(math.Ceil(refused.RetryAfter.Seconds())),
	}
}

func invalidArgument(message string) error {
	return &mcp.Failure{Code: string(fault.InvalidArgument), Message: message}
}
