package mcptools

import (
	"context"
	"reflect"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// spec declares a tool. In is filled from the arguments, Out is written as the
// result.
type spec[In, Out any] struct {
	name  string
	title string
	about string // for the model: what it does, when to use it, what to do next
	hints hints

	// args lists the arguments, each bound to the field of in that it fills. It
	// is called anew for every call.
	args func(in *In) []arg
	// needs says which arguments are wanting though none is by itself required;
	// "" if it is well. It may be nil.
	needs func(in *In) string
	// waits says that the call may take seconds. It may be nil: it never does.
	waits func(in In) bool
	// run does the work. Its error goes to the model as toolError gives it.
	run func(ctx context.Context, in In) (Out, error)
}

// hints are those of the MCP annotations that differ between these tools. All of
// them act in a world that others change.
type hints struct {
	readOnly    bool // changes nothing that others see, presence apart
	destructive bool // may take from others what they cannot get back
	idempotent  bool // repeating the call adds nothing
}

// tool is a spec in the form that serves calls.
type tool struct {
	definition mcp.Tool
	handle     server.ToolHandlerFunc
	args       []arg        // for the reference of the tools
	out        reflect.Type // likewise
}

// tool makes the spec ready to serve.
func (s spec[In, Out]) tool() tool {
	args, out := s.args(new(In)), reflect.TypeFor[Out]()
	return tool{
		args: args,
		out:  out,
		definition: mcp.Tool{
			Name:            s.name,
			Title:           s.title,
			Description:     s.about,
			RawInputSchema:  inputSchema(args),
			RawOutputSchema: outputSchema(out),
			Annotations: mcp.ToolAnnotation{
				ReadOnlyHint:    &s.hints.readOnly,
				DestructiveHint: &s.hints.destructive,
				IdempotentHint:  &s.hints.idempotent,
				OpenWorldHint:   new(true),
			},
		},
		handle: s.handle,
	}
}

// handle answers one call.
func (s spec[In, Out]) handle(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var in In
	if err := s.read(&in, r.Params.RawArguments); err != nil {
		return toolError(err)
	}
	run := func(ctx context.Context) (*mcp.CallToolResult, error) {
		out, err := s.run(ctx, in)
		if err != nil {
			return toolError(err)
		}
		return toolResult(out), nil
	}
	if s.waits != nil && s.waits(in) {
		return Later(ctx, run)
	}
	return run(ctx)
}

// read fills in from the arguments of a call. Its error names all that is wrong.
func (s spec[In, Out]) read(in *In, raw []byte) error {
	args := s.args(in)
	problems := readArguments(args, raw)
	if len(problems) == 0 && s.needs != nil {
		if want := s.needs(in); want != "" {
			problems = append(problems, want)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return badArguments(s.name, args, problems)
}
