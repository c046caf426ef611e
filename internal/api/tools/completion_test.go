package tools_test

import (
	"slices"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

func TestCompletion_offersTheNamesOfPublicRoomsOnly(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	for _, name := range []string{"tea room", "The Tea", "coffee"} {
		p.call("create_room", args{"agent_name": "Ann", "room": name, "public": true, "description": "tea, too"})
	}
	p.call("create_room", args{"agent_name": "Ann", "room": "tea in secret"})
	join := mcp.PromptReference{Type: "ref/prompt", Name: "join_conversation"}
	for _, c := range []struct {
		ref      any
		argument mcp.CompleteArgument
		want     []string
	}{
		{join, mcp.CompleteArgument{Name: "room", Value: "TEA"}, []string{"tea room", "The Tea"}},
		{join, mcp.CompleteArgument{Name: "room", Value: "cof"}, []string{"coffee"}},
		{join, mcp.CompleteArgument{Name: "room", Value: ""}, []string{"coffee", "tea room", "The Tea"}},
		{join, mcp.CompleteArgument{Name: "password", Value: "t"}, nil},
		{mcp.PromptReference{Type: "ref/prompt", Name: "start_conversation"},
			mcp.CompleteArgument{Name: "room", Value: "t"}, nil},
	} {
		var request mcp.CompleteRequest
		request.Params.Ref, request.Params.Argument = c.ref, c.argument
		got, err := p.mcp.Complete(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Completion.Values, c.want) {
			t.Errorf("%+v: %q, want %q", c, got.Completion.Values, c.want)
		}
	}
}
