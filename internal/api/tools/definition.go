package tools

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools/spec"
)

// definition declares a tool. In is filled from the arguments, and Out is written as
// the result.
type definition[In, Out any] struct {
	name  string
	title string
	about string // for the model: the use of the tool, and the next step
	hints hints
	// eager asks clients that load tools on demand to load the tool from the start. search has words for the
	// search by which such clients find the other tools. Claude Code shows five tools of a search and ranks by
	// parts of names, so no wording would find the three tools that every talk needs; Codex ranks title,
	// description and instructions.
	eager  bool
	search string
	hidden bool // see [mcp.Tool]
	// compress is as in [mcp.Tool]. TestCompress_* looks at the fields of the results.
	compress bool
	// shown names the fields of the result that the schema lists; nil: all. The schema of another tool lists the
	// rest.
	shown []string

	// args lists the arguments, each bound to its field of in. Calls use the list one after the other, so no
	// field may point to a variable outside of in.
	args func(in *In) []spec.Arg
	// needs returns what is missing or wrong where no single argument is at fault; "": nothing. It may be nil.
	needs func(ctx context.Context, in *In) string
	// token returns the agent token of the call. It may be nil: the tool takes no token.
	token func(in In) string
	// waits shortens the wait of the call to the longest wait of its client, and returns the wait. It may be nil:
	// the call never waits.
	waits func(ctx context.Context, in *In) time.Duration
	// again says what to do after a call that may have taken effect. It may be nil:
	// repeating the call is safe.
	again func(in In) string
	// gist returns the part of a call that again needs, for calls with long texts that wait; nil: the whole call.
	// Nothing else of a call may stay in memory during the wait.
	gist func(in In) In
	// run does the work. An error of chat becomes what the model reads (see refusal).
	run func(ctx context.Context, in In) (Out, error)

	forms *sync.Pool // of *form[In]; tool sets it
}

// hints are the MCP annotations that differ between these tools; see [mcp.Tool].
type hints struct{ readOnly, destructive, idempotent, openWorld bool }

// tool is a definition that is ready to serve calls.
type tool struct {
	mcp.Tool
	args []spec.Arg   // for the reference of the tools
	out  reflect.Type // for the reference, too
}

// tool makes the definition ready.
func (d definition[In, Out]) tool() tool {
	d.forms = &sync.Pool{New: func() any {
		f := new(form[In])
		f.args = d.args(&f.in)
		return f
	}}
	t := newTool(d.args(new(In)), reflect.TypeFor[Out](), d.shown)
	t.Name, t.Title, t.Description = d.name, d.title, d.about
	t.ReadOnly, t.Destructive = d.hints.readOnly, d.hints.destructive
	t.Idempotent, t.OpenWorld = d.hints.idempotent, d.hints.openWorld
	t.Eager, t.SearchHint, t.Hidden = d.eager, d.search, d.hidden
	t.Compress = d.compress
	t.Call = d.call
	return t
}

// newTool returns a tool with these arguments, whose results are of the type out. What needs no type parameter stands
// here once: in the function each byte delays a cold start, and the compiler repeats the methods of definition for
// each tool.
func newTool(args []spec.Arg, out reflect.Type, shown []string) tool {
	return tool{args: args, out: out, Tool: mcp.Tool{
		Input:   func() json.RawMessage { return spec.InputSchema(args) },
		Output:  outputSchema(out, shown),
		Variant: forChatGPT(args),
	}}
}

// outputSchema returns a function that makes the schema of a tool's results; nil for results that may have pictures:
// see [mcp.Illustrated].
func outputSchema(out reflect.Type, shown []string) func() json.RawMessage {
	if out.Implements(reflect.TypeFor[mcp.Illustrated]()) {
		return nil
	}
	return func() json.RawMessage { return spec.OutputSchema(out, shown) }
}

// form is an empty call with its arguments bound to fields. Binding takes longer than reading, so calls reuse forms.
type form[In any] struct {
	in   In
	args []spec.Arg // bound to in
}

// call serves one call. Its frame is on the stack of every call that waits.
func (d *definition[In, Out]) call(ctx context.Context, arguments json.RawMessage, r *mcp.Record) (any, error) {
	var in In
	wrong := d.read(ctx, &in, arguments)
	if d.token != nil {
		r.Room = roomOf(d.token(in))
	}
	if wrong != nil {
		return nil, wrong
	}
	var wait time.Duration
	if d.waits != nil {
		wait = d.waits(ctx, &in)
	}
	ctx, end, err := begin(ctx, wait)
	if err != nil {
		return nil, err
	}
	defer end()
	asked := in
	if d.gist != nil {
		asked = d.gist(in)
	}
	out, err := d.run(ctx, in)
	if err != nil {
		return nil, refusal(err, d.nextIfUnclear(asked))
	}
	if taken := tokenIn(out); taken != "" {
		r.Room = roomOf(taken)
	}
	return out, nil
}

func (d *definition[In, Out]) nextIfUnclear(in In) string {
	if d.again == nil {
		return repeatSafely
	}
	return d.again(in)
}

// read fills in from the arguments of a call. The error names everything that is wrong.
func (d *definition[In, Out]) read(ctx context.Context, in *In, arguments json.RawMessage) error {
	f := d.forms.Get().(*form[In])
	problems := spec.Read(f.args, arguments)
	*in, f.in = f.in, *new(In) // the next call has another caller
	d.forms.Put(f)
	if len(problems) == 0 && d.needs != nil {
		if missing := d.needs(ctx, in); missing != "" {
			problems = append(problems, missing)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return invalidArgument(spec.Correction(d.name, d.args(in), problems))
}
