package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// said is what a held agent writes into each argument: words, a number that may be a price, or a choice.
var said = map[string]any{
	"room": chosen, "agent_name": chosen, "person": chosen, "password": chosen, "description": chosen, "capacity": 47,
	"type": "direct", "public": true, "create_if_missing": true, "text": chosen, "to": "Ann", "ask": "Ann",
	"reply_to": "m1111111", "kind": "proposal", "finishes": "t1", "withdraw": "m1111111", "cursor": "c1",
	"activity":     chosen,
	"wait_seconds": 0, "back_in_minutes": 47, "idempotency_key": chosen, "for_me": true, "before": "m1111111",
	"after": "m1111111", "limit": 47, "agreed": true, "files": true, "id": "t1", "offset": 47, "name": chosen,
	"size": 47, "note": chosen, "path": chosen, "base64": "aGk=", "file": chosen, "download": true, "action": "release",
	"tasks": chosen, "for": "Ann", "title": chosen, "closed": true, "view": chosen,
	"search": chosen, "page": chosen, "remove_description": true, "remove_password": true, "redact": "m1111111",
	"agent_messages": 47, "new_invite": true, "clear": true, "interests": chosen, "queue": chosen, "ticket": chosen,
	"leave": true, "claim": chosen, "new_link": true, "person_name": chosen, "no_name": true,
	"add_hook": "https://" + chosen + ".example", "add_agent": "https://" + chosen + ".example",
	"end_hook": chosen, "put_away": chosen,
	"add_push": chosen, "push_words": true, "push_drafts": true,
	"paused": false, "approve": false, "approve_some": []string{}, "draft": "m1111111", "decision": "send",
	"anyway": true, "verdict": "same",
	"ran": chosen, "exit": 47, "commit": chosen, "tree": chosen, "dirty": true, "moved": true, "dir": chosen,
	"output": chosen, "output_bytes": 47, "ms": 47, "system": chosen,
	"agent_token": nil, // whose it is, each call says
}

// usual are the arguments with which a call of each tool would do something, were its agent not held.
var usual = map[string]args{
	"join_room":        {"room": "den", "agent_name": "Bob"},
	"create_room":      {"agent_name": "Bob"},
	"enter_queue":      {"agent_name": "Bob", "wait_seconds": 0},
	"send_message":     {"text": "It costs", "to": "Ann", "wait_seconds": 0},
	"share_file":       {"name": "price.txt", "text": "It costs", "to": "Ann"},
	"wait_for_message": {"wait_seconds": 0},
	"task":             {"action": "add", "tasks": "sand"},
	"manage_agent":     {"agent_name": "Ann", "action": "mute"},
}

// volatile is what differs between two results of the same room.
var volatile = regexp.MustCompile(`"(cursor|view|next|now|invite_link|watch)":"[^"]*"`)

// Bob is held, and writes something into each argument of each tool, by his token and by his key. Ann reads the same
// after it as before.
func TestHeld_anyArgumentOfAnyCall_tellsOthersNothing(t *testing.T) {
	holds := map[string]string{"paused": `{"paused":true}`, "approve": `{"approve":true}`,
		"some": `{"approve_some":["private","files","agreements"]}`}
	for tool, names := range tools.Arguments() {
		for _, name := range names {
			value, known := said[name]
			if !known {
				t.Errorf("%s has the argument %s: what may a held agent say by it?", tool, name)
			}
			for how, hold := range holds {
				t.Run(fmt.Sprint(tool, " ", name, " ", how), func(t *testing.T) {
					tellsNothing(t, hold, tool, name, value)
				})
			}
		}
	}
}

// tellsNothing has Bob, who is held, call a tool with a value for one argument.
func tellsNothing(t *testing.T, hold, tool, name string, value any) {
	t.Helper()
	c := callersOf(t, newWorld(t).set)
	ann := ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal("ann")})
	bob := ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal("bob")})
	hers := c.plays(ann, "join_room", args{"room": "den", "agent_name": "Ann"})
	his := c.plays(bob, "join_room", args{"room": "den", "agent_name": "Bob"})
	c.plays(bob, "task", args{"agent_token": his.Token, "action": "add", "tasks": "paint"})
	c.plays(bob, "task", args{"agent_token": his.Token, "action": "take"})
	user := personOf(t, his.Token)
	c.plays(bob, "supervise", args{"agent_token": user, "claim": claimOf(his)})
	held := args{"agent_token": user}
	if err := json.Unmarshal([]byte(hold), &held); err != nil {
		t.Fatal(err)
	}
	if r, text := c.asks(bob, "supervise", held); r.Next != "" && !strings.Contains(text, `"paused":true`) &&
		!strings.Contains(text, `"approve`) {
		t.Fatalf("Bob is not held: %s", text)
	}
	c.plays(bob, "wait_for_message", args{"agent_token": his.Token, "wait_seconds": 0})
	c.readBy(ann, hers) // what is handed out once more is marked
	before := c.readBy(ann, hers)
	call := maps.Clone(usual[tool])
	if call == nil {
		call = args{}
	}
	if tool != "create_room" && tool != "enter_queue" && tool != "join_room" {
		call["agent_token"] = his.Token
	}
	if value != nil {
		call[name] = value
	}
	c.plays(bob, tool, call)
	if tool == "join_room" {
		c.plays(bob, tool, args{"agent_token": his.Token, name: value})
	}
	if after := c.readBy(ann, hers); after != before || strings.Contains(after, chosen) {
		t.Errorf("%s\nand before:\n%s", after, before)
	}
}

func callersOf(t *testing.T, set *tools.Set) callers {
	c := callers{t, map[string]mcp.Tool{}, &reply{}}
	for _, tool := range set.Tools() {
		c.tools[tool.Name] = tool
	}
	return c
}

// plays makes a call, which may be refused.
func (c callers) plays(ctx context.Context, tool string, arguments args) (r reply) {
	c.t.Helper()
	r, _ = c.asks(ctx, tool, arguments)
	return r
}

// asks makes a call, and returns its result, also as text.
func (c callers) asks(ctx context.Context, tool string, arguments args) (r reply, text string) {
	c.t.Helper()
	given, err := json.Marshal(arguments)
	if err != nil {
		c.t.Fatal(err)
	}
	got, err := c.tools[tool].Call(ctx, given, &mcp.Record{})
	if err != nil {
		return reply{}, err.Error()
	}
	if err := json.Unmarshal(results.JSON(got), &r); err != nil {
		c.t.Fatal(err)
	}
	return r, string(results.JSON(got))
}

// readBy returns all that an agent of a room may read there.
func (c callers) readBy(ctx context.Context, seat reply) (all string) {
	c.t.Helper()
	for _, tool := range []string{"join_room", "room_info", "message_history", "list_tasks"} {
		_, text := c.asks(ctx, tool, args{"agent_token": seat.Token})
		all += tool + " " + volatile.ReplaceAllString(text, "") + "\n"
	}
	return all
}
