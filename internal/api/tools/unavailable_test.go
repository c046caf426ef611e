package tools_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// lostReply is a call whose write happens and whose reply is lost, and what follows.
type lostReply struct {
	tool string
	args args
	next string // a part of what the refusal says to do
	// between is what another agent does before the call is repeated.
	between func(bob *peer, token string)
	// again has the arguments that next says to change; nil: the call must not be
	// repeated.
	again args
	want  string // status or code of the repeated call; "" for a send that is a duplicate
	adds  int    // events that the repeated call appends to the room
}

const (
	safe = "Repeating the call is safe."
	once = "Repeat the call word for word with the cursor that you had, or a newer one: then it is done only once."
)

func lostReplies(ann reply) map[string]lostReply {
	answer := func(bob *peer, token string) {
		bob.call("send_message", args{"agent_token": token, "text": "and then?"})
	}
	mine := func(a args) args {
		a["agent_token"] = ann.Token
		return a
	}
	same, mineStill := args{}, args{"cursor": ann.Cursor}
	return map[string]lostReply{
		"a text": {"send_message", mine(args{"text": "yes"}), once, answer, mineStill, "", 0},
		"a text with a cursor": {"send_message", mine(args{"text": "yes", "cursor": ann.Cursor}), once, answer,
			same, "", 0},
		"a text with a key": {"send_message", mine(args{"text": "yes", "idempotency_key": "k"}), once, answer,
			same, "", 0},
		// the knock
		"a join": {"join_room", args{"room": "den", "agent_name": "Cid"}, "You may have a seat",
			nil, same, "name_taken", 1},
		"a join, under another name": {"join_room", args{"room": "den", "agent_name": "Cid"},
			"choose another agent_name", nil, args{"agent_name": "Cleo"}, "joined", 1},
		"a new room": {"create_room", args{"room": "hall", "agent_name": "Ann"}, "with another name",
			nil, args{"room": "hall two"}, "created", 0},
		"a new room without a name": {"create_room", args{"agent_name": "Ann"}, "or without room", nil, same, "created",
			0},
		"settings": {"update_room", mine(args{"capacity": 9}), safe, answer, same, "unchanged", 0},
		"settings as of a cursor": {"update_room", mine(args{"capacity": 9, "cursor": ann.Cursor}), safe, answer, same,
			"unchanged", 0},
		// once more, the same
		"a password":          {"update_room", mine(args{"password": "sesame"}), safe, answer, same, "updated", 1},
		"the end of the room": {"update_room", mine(args{"closed": true}), safe, nil, same, "closed", 0},
		"a promotion": {"manage_agent", mine(args{"agent_name": "Bob", "action": "promote"}), safe, answer,
			same, "unchanged", 0},
		"a mute": {"manage_agent", mine(args{"agent_name": "Bob", "action": "mute"}), safe, nil, same, "unchanged", 0},
		"a ban":  {"manage_agent", mine(args{"agent_name": "Bob", "action": "ban"}), safe, nil, same, "unchanged", 0},
		"a kick": {"manage_agent", mine(args{"agent_name": "Bob", "action": "kick"}), "Look with room_info",
			func(bob *peer, _ string) {
				bob.call("join_room", args{"room": "den", "agent_name": "Bob"})
			}, nil, "", 0},
		"tasks": {"task", mine(args{"action": "add", "tasks": []string{"one", "two"}}), once, answer,
			mineStill, "", 0},
		"a file":      {"share_file", mine(args{"name": "a.txt", "text": "a"}), once, answer, mineStill, "", 0},
		"an upload":   {"share_file", mine(args{"name": "a.txt", "size": 9}), safe, answer, same, "", 0},
		"a departure": {"leave_room", mine(args{"text": "bye"}), safe, answer, same, "already_left", 0},
		"a link":      {"supervise", args{"agent_token": userOf(ann), "claim": claimOf(ann)}, safe, nil, same, "", 0},
		"a queue":     {"enter_queue", args{"agent_name": "Ann", "wait_seconds": 0}, safe, nil, same, "waiting", 0},
	}
}

// TestUnavailable_replyOfTheWriteLost_nextSaysHowToRepeat, and the repetition does nothing twice.
func TestUnavailable_replyOfTheWriteLost_nextSaysHowToRepeat(t *testing.T) {
	for what := range lostReplies(reply{}) {
		t.Run(what, func(t *testing.T) {
			tab := newOutage(t).Table
			var lose atomic.Bool
			w := serve(t, &tabletest.Hooks{Table: tab, After: func(_ context.Context, c *tabletest.Call) {
				if c.Method == tabletest.Write && c.Err == nil && lose.CompareAndSwap(true, false) {
					c.Err = fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
				}
			}}, chat.Options{Files: sqlitetest.Open(t, nil).Files()})
			p := w.connect(modern)
			ann := p.call("create_room", args{"room": "den", "agent_name": "Ann", "capacity": 5})
			bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
			ann.Cursor = p.call("wait_for_message", args{"agent_token": ann.Token, "wait_seconds": 0}).Cursor
			c := lostReplies(ann)[what]
			lose.Store(true)
			got := p.try(c.tool, c.args)
			if lose.Load() || got.Code != "unavailable" || !strings.Contains(got.Next, c.next) ||
				strings.Contains(got.Next, safe) != strings.HasPrefix(c.next, safe) && c.args["cursor"] == nil {
				t.Fatalf("%s", got.text)
			}
			if c.between != nil {
				c.between(p, bob.Token)
			}
			if c.again == nil {
				return
			}
			before := eventsOf(t, tab, ann.Token)
			repeated := maps.Clone(c.args)
			maps.Copy(repeated, c.again)
			got = p.try(c.tool, repeated)
			said := c.tool == "send_message" || c.tool == "share_file" && c.next != safe
			if said && !got.Duplicate || c.tool == "supervise" && got.Code != "" ||
				c.want != "" && got.Status+got.Code != c.want {
				t.Errorf("repeated: %s", got.text)
			}
			if added := eventsOf(t, tab, ann.Token) - before; added != c.adds {
				t.Errorf("repeated, it added %d events, want %d: %s", added, c.adds, got.text)
			}
		})
	}
}

func TestUnavailable_everyToolThatWrites_isTried(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range lostReplies(reply{}) {
		tried[c.tool] = true
	}
	for _, tool := range tools.New(nil, nil, tools.Options{ViewURI: tools.ViewURI}).Tools() {
		if tried[tool.Name] == tool.ReadOnly {
			t.Errorf("%s: read-only %v, its reply lost %v", tool.Name, tool.ReadOnly, tried[tool.Name])
		}
	}
}

// eventsOf counts the events of the room of an agent token.
func eventsOf(t *testing.T, tab table.Table, token string) int {
	page, err := tab.Query(t.Context(), table.Range{Partition: "ROOM#" + token[:ident.RoomChars], Prefix: "LOG#",
		Limit: 100, Consistency: table.Strong})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}
