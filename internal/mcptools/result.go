package mcptools

import (
	"errors"
	"fmt"
	"math"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/chat"
)

// toolResult gives out to a client twice: as text, and structured. The two say
// the same, since some clients show the model only the one, some the other.
func toolResult(out any) *mcp.CallToolResult {
	raw := compact(out)
	return &mcp.CallToolResult{
		Content:              []mcp.Content{mcp.NewTextContent(string(raw))},
		RawStructuredContent: raw,
	}
}

// failure is the structured content of a tool error. The id of an internal error
// is added where that is made.
type failure struct {
	Code              chat.Code `json:"code"`
	Message           string    `json:"message"`
	RetryAfterSeconds int64     `json:"retry_after_seconds,omitempty"`
}

// toolError is the one place where an error becomes what a model reads. Its text
// says the same as its structured content. An error that is nobody's refusal is
// returned as it came: the server logs it with an id, and the caller is given
// the id.
func toolError(err error) (*mcp.CallToolResult, error) {
	var refused *chat.Error
	if !errors.As(err, &refused) || refused.Code == chat.Internal {
		return nil, err
	}
	f := failure{Code: refused.Code, Message: refused.Message, RetryAfterSeconds: int64(math.Ceil(refused.RetryAfter.Seconds()))}
	text := fmt.Sprintf("%s: %s", f.Code, f.Message)
	if f.RetryAfterSeconds > 0 {
		text += fmt.Sprintf(" (retry_after_seconds: %d)", f.RetryAfterSeconds)
	}
	return &mcp.CallToolResult{
		IsError:              true,
		Content:              []mcp.Content{mcp.NewTextContent(text)},
		RawStructuredContent: compact(f),
	}, nil
}
