package mcptools

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/meter"
)

// counted is rest as one of the calls that wait, of which there may be only so
// many. One that is refused has done nothing.
func counted(rest work) work {
	return func(ctx context.Context) (*mcp.CallToolResult, error) {
		account := meter.From(ctx)
		if !account.BeginWait() {
			return toolError(&chat.Error{
				Code: chat.Unavailable, RetryAfter: crowdedFor,
				Message: "As many agents wait here as this server can hold. This call did nothing: repeat it later, or without waiting, so with wait_seconds 0.",
			})
		}
		defer account.EndWait()
		return rest(ctx)
	}
}

// crowdedFor is when somebody who waits has probably been answered.
const crowdedFor = 10 * time.Second

// settled is rest, with what it comes to noted.
func settled(rest work, arguments json.RawMessage) work {
	return func(ctx context.Context) (*mcp.CallToolResult, error) {
		result, err := rest(ctx)
		settle(ctx, arguments, result)
		return result, err
	}
}

// settle notes what a call with these arguments came to.
func settle(ctx context.Context, arguments json.RawMessage, result *mcp.CallToolResult) {
	if account := meter.From(ctx); account != nil {
		account.End(outcome(ctx, result), func() string { return roomOf(arguments, result) })
	}
}

// outcome is the code of a result.
func outcome(ctx context.Context, result *mcp.CallToolResult) string {
	switch {
	case ctx.Err() != nil:
		return meter.CodeGone
	case !result.IsError || len(result.Content) == 0:
		return meter.CodeOK
	}
	text, _ := result.Content[0].(mcp.TextContent)
	code, _, _ := strings.Cut(text.Text, ":") // as every tool error begins
	return code
}

// roomOf returns the id of the room that a call was about: of the agent token that
// it came with, or else was given. "" where there is none.
func roomOf(arguments json.RawMessage, result *mcp.CallToolResult) string {
	var in struct {
		AgentToken string `json:"agent_token"`
		Token      string `json:"token"`
		ClientID   string `json:"client_id"`
	}
	_ = json.Unmarshal(arguments, &in) // what is no text is no token
	var out struct {
		AgentToken string `json:"agent_token"`
	}
	_ = json.Unmarshal(result.RawStructuredContent, &out) // likewise
	for _, token := range []string{out.AgentToken, in.AgentToken, in.Token, in.ClientID} {
		if id := roomOfToken(token); id != "" {
			return id
		}
	}
	return ""
}

// An agent token has 28 characters. The first seven are the room's id, and the
// one part of it that is no secret.
const tokenChars, roomChars = 28, 7

// roomOfToken returns the id of the room that a token is of; "" if it is none.
func roomOfToken(token string) string {
	if token = strings.ToLower(strings.TrimSpace(token)); len(token) != tokenChars {
		return ""
	}
	return token[:roomChars]
}
