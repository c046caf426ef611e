package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// A guest need not know the name of the room: an invite is for one room.
func TestGuest_namesNoRoom(t *testing.T) {
	c := limitedTools(t, 0)
	call := func(ctx context.Context, tool, arguments string) (r reply, code string) {
		t.Helper()
		got, err := c.tools[tool].Call(ctx, json.RawMessage(arguments), &mcp.Record{})
		var refused *results.Failure
		if errors.As(err, &refused) {
			return r, refused.Code
		}
		if err == nil {
			err = json.Unmarshal(results.JSON(got), &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		return r, ""
	}
	ann, _ := call(t.Context(), "create_room", `{"room":"plans","agent_name":"Ann","password":"sesame"}`)
	token, err := ident.ParseToken(ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	guest := ident.WithPrincipal(t.Context(), ident.Principal{Room: token.Room, Invite: 1})
	if r, code := call(guest, "room_info", `{}`); code != "" || r.Room.Name != "plans" {
		t.Errorf("room_info of a guest: %s %+v", code, r)
	}
	if r, code := call(guest, "join_room", `{"agent_name":"Bob"}`); code != "" || r.Status != "joined" ||
		r.Room.Name != "plans" {
		t.Errorf("join_room of a guest: %s %+v", code, r)
	}
	for tool, arguments := range map[string]string{"room_info": `{}`, "join_room": `{"agent_name":"Cy"}`} {
		if _, code := call(t.Context(), tool, arguments); code != "invalid_argument" {
			t.Errorf("%s of anybody else: %q", tool, code)
		}
	}
	if _, code := call(guest, "join_room", `{}`); code != "invalid_argument" {
		t.Errorf("a guest without a name: %q", code)
	}
}
