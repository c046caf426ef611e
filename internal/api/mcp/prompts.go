package mcp

import (
	"context"
	"slices"

	library "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Prompt is a request to the model that a person picks in a client: one message in the person's name.
type Prompt struct {
	Name, Title, Description string
	Arguments                []PromptArgument
	// Text returns the message. given has the texts of the person, by argument.
	Text func(given map[string]string) string
}

// PromptArgument is something that a person fills in.
type PromptArgument struct {
	Name, Description string
	Required          bool
	// Complete returns values that contain the typed text, and whether there are more; nil: no values. Many
	// goroutines call Complete at once.
	Complete func(ctx context.Context, typed string) (values []string, more bool)
}

// addPrompts adds the prompts, if any, and the completion of their arguments to s.
func addPrompts(s *server.MCPServer, prompts []Prompt) {
	if len(prompts) == 0 {
		return
	}
	server.WithPromptCapabilities(false)(s) // the list does not change
	for _, p := range prompts {
		s.AddPrompt(p.listed(), p.get)
	}
	server.WithCompletions()(s)
	server.WithPromptCompletionProvider(completer(prompts))(s)
}

// listed returns the prompt for prompts/list.
func (p Prompt) listed() library.Prompt {
	l := library.Prompt{Name: p.Name, Title: p.Title, Description: p.Description}
	for _, a := range p.Arguments {
		l.Arguments = append(l.Arguments, library.PromptArgument{Name: a.Name, Description: a.Description,
			Required: a.Required})
	}
	return l
}

func (p Prompt) get(_ context.Context, r library.GetPromptRequest) (*library.GetPromptResult, error) {
	return &library.GetPromptResult{
		Description: p.Description,
		Messages: []library.PromptMessage{{Role: library.RoleUser,
			Content: library.NewTextContent(p.Text(r.Params.Arguments))}},
	}, nil
}

// completer completes the arguments of prompts.
type completer []Prompt

// CompletePromptArgument implements [server.PromptCompletionProvider].
func (c completer) CompletePromptArgument(ctx context.Context, prompt string, given library.CompleteArgument,
	_ library.CompleteContext) (*library.Completion, error) {
	at := slices.IndexFunc(c, func(p Prompt) bool { return p.Name == prompt })
	if at < 0 {
		return &library.Completion{}, nil
	}
	for _, a := range c[at].Arguments {
		if a.Name == given.Name && a.Complete != nil {
			values, more := a.Complete(ctx, given.Value)
			return &library.Completion{Values: values, HasMore: more}, nil
		}
	}
	return &library.Completion{}, nil
}
