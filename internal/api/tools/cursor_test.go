package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
)

// reader is Bob, who has joined with Ann, and whose client loses an answer.
type reader struct {
	*peer
	t                *testing.T
	token, cursor    string
	ticket           string
	ann, user, asked string // Ann's token, that of Bob's user, and a message of Ann
	read             []string
}

// does makes a call of the reader, and takes in the result: the messages, and the cursor if there is one.
func (b *reader) does(tool string, more args) {
	b.t.Helper()
	arguments := args{"agent_token": b.token}
	for key, value := range more {
		arguments[key] = value
	}
	if _, has := arguments["cursor"]; !has && slices.Contains(takeCursor, tool) {
		arguments["cursor"] = b.cursor
	}
	b.takes(b.call(tool, arguments))
}

func (b *reader) takes(r reply) {
	for _, m := range r.Messages {
		b.read = append(b.read, string(m.Text))
	}
	if r.Cursor != "" {
		b.cursor = r.Cursor
	}
}

// For each tool whose result has a cursor: the answer with "lost 0" to "lost 2" does not arrive, and Bob, or his user,
// makes a call that need not hand these out again. Whatever cursor he has then, they come before or with his next wait.
func TestCursor_afterALostAnswer_losesNothing(t *testing.T) {
	status := func(b *reader, more args) args {
		arguments := args{"text": "on it", "kind": "status", "wait_seconds": 0}
		for key, value := range more {
			arguments[key] = value
		}
		return arguments
	}
	cases := []struct {
		tool, how string
		call      func(b *reader)
	}{
		{"join_room", "returns", func(b *reader) { b.does("join_room", nil) }},
		{"enter_queue", "asks for its seat again", func(b *reader) {
			b.takes(b.call("enter_queue", args{"ticket": b.ticket, "wait_seconds": 0}))
		}},
		{"send_message", "is held back", func(b *reader) {
			b.does("send_message", args{"text": "and you?", "cursor": b.cursor, "wait_seconds": 0})
		}},
		{"send_message", "sends", func(b *reader) {
			b.does("send_message", status(b, args{"cursor": b.cursor}))
		}},
		{"send_message", "sends without a cursor", func(b *reader) { b.does("send_message", status(b, nil)) }},
		{"send_message", "repeats", func(b *reader) {
			key := args{"idempotency_key": "k", "cursor": b.cursor}
			b.call("send_message", args{"agent_token": b.token, "text": "on it", "kind": "status", "wait_seconds": 0,
				"idempotency_key": "k"}) // this answer is lost, too
			b.does("send_message", status(b, key))
		}},
		{"send_message", "replies", func(b *reader) {
			b.does("send_message", status(b, args{"reply_to": b.asked, "cursor": b.cursor}))
		}},
		{"send_message", "is paused", func(b *reader) {
			b.call("supervise", args{"agent_token": b.user, "paused": true})
			b.does("send_message", status(b, args{"cursor": b.cursor}))
		}},
		{"send_message", "drafts", func(b *reader) {
			b.call("supervise", args{"agent_token": b.user, "approve": true})
			b.does("send_message", status(b, args{"cursor": b.cursor}))
		}},
		{"send_message", "has a credential", func(b *reader) {
			b.does("send_message", args{"text": "AKIAIOSFODNN7EXAMPLE", "kind": "status", "cursor": b.cursor,
				"wait_seconds": 0})
		}},
		{"wait_for_message", "waits", func(b *reader) {}},
		{"wait_for_message", "waits without a cursor", func(b *reader) {
			b.does("wait_for_message", args{"wait_seconds": 0})
		}},
		{"message_history", "looks back", func(b *reader) { b.does("message_history", args{"limit": 2}) }},
		{"message_history", "looks at all", func(b *reader) {
			r := b.call("message_history", args{"agent_token": b.token, "limit": 3})
			if (r.Cursor != "") != (b.token == b.user) {
				b.t.Errorf("the cursor of all that is new is %q", r.Cursor)
			}
			b.takes(r)
		}},
		{"share_file", "shares", func(b *reader) {
			b.does("share_file", args{"name": "a.txt", "text": "a", "cursor": b.cursor})
		}},
		{"share_file", "uploads", func(b *reader) {
			open := b.call("share_file", args{"agent_token": b.token, "name": "a.txt", "size": 1, "cursor": b.cursor})
			b.takes(open)
			if open.Upload.Line == "" {
				b.t.Fatalf("no upload: %s", open.text)
			}
			for range 2 {
				var got reply
				if err := json.Unmarshal(b.upload(open.Upload.Line, "a").JSON, &got); err != nil || !got.Sent {
					b.t.Fatalf("the upload: %+v, %v", got, err)
				}
				b.takes(got)
			}
		}},
		{"task", "adds", func(b *reader) { b.does("task", args{"action": "add", "tasks": "sand"}) }},
		{"task", "takes", func(b *reader) { b.does("task", args{"action": "take"}) }},
		{"task", "finishes", func(b *reader) {
			b.does("task", args{"action": "take"})
			b.does("task", args{"action": "finish", "id": "t1", "text": "smooth"})
		}},
		{"task", "repeats a drop", func(b *reader) {
			b.does("task", args{"action": "drop", "id": "t1"})
			b.does("task", args{"action": "drop", "id": "t1"})
		}},
		{"list_tasks", "lists", func(b *reader) { b.does("list_tasks", nil) }},
		{"list_tasks", "looks at one", func(b *reader) { b.does("list_tasks", args{"id": "t1"}) }},
		{"create_room", "makes another room", func(b *reader) {
			b.call("create_room", args{"agent_name": "Bob"}) // whose cursor is that of the seat there
		}},
	}
	for _, c := range cases {
		for _, lost := range []string{"with a cursor", "of a return", "of the user"} {
			t.Run(c.tool+" "+c.how+" after an answer "+lost, func(t *testing.T) {
				p := newWorld(t).connect(modern)
				b := p.pairs(t)
				if lost == "of the user" {
					b.token, b.cursor = b.user, ""
				}
				b.asked = p.call("send_message", args{"agent_token": b.ann, "text": "shall we?"}).ID
				p.call("task", args{"agent_token": b.ann, "action": "add", "tasks": "paint"})
				b.does("wait_for_message", args{"cursor": b.cursor, "wait_seconds": 0})
				b.does("wait_for_message", args{"cursor": b.cursor, "wait_seconds": 0})
				var words []string
				for n := range 3 {
					words = append(words, fmt.Sprint("lost ", n))
					p.call("send_message", args{"agent_token": b.ann, "text": words[n]})
				}
				switch look := (args{"agent_token": b.token, "wait_seconds": 0}); lost {
				case "with a cursor", "of the user":
					look["cursor"] = b.cursor
					p.call("wait_for_message", look)
				case "of a return":
					p.call("join_room", args{"agent_token": b.token})
				case "without a cursor, twice":
					p.call("wait_for_message", look)
					fallthrough
				default:
					p.call("wait_for_message", look)
				}
				c.call(b)
				b.does("wait_for_message", args{"cursor": b.cursor, "wait_seconds": 0})
				for _, text := range words {
					if !slices.Contains(b.read, text) {
						t.Errorf("he never reads %q, but %q", text, b.read)
					}
				}
			})
		}
	}
	var named []string
	for _, c := range cases {
		named = append(named, c.tool)
	}
	hasAllWithCursor(t, named)
}

// hasAllWithCursor fails unless cases name each tool whose result has a cursor.
func hasAllWithCursor(t *testing.T, cases []string) {
	t.Helper()
	for _, tool := range tools.WithCursor() {
		if !slices.Contains(cases, tool) {
			t.Errorf("the result of %s has a cursor, and no case", tool)
		}
	}
}

// A message and a change of tasks were held back. Each tool carries both bits on, and only what goes through
// ends its own. What takes no cursor has none, or returns, which begins at 0.
func TestCursor_ofEachTool_carriesBothBits(t *testing.T) {
	const none = -1
	upload := func(b *reader, more args) reply {
		open := b.call("share_file", b.with(args{"name": "a.txt", "size": 1}, more))
		b.cursor = open.Cursor
		var got reply
		if err := json.Unmarshal(b.upload(open.Upload.Line, "a").JSON, &got); err != nil {
			b.t.Fatal(err)
		}
		return got
	}
	supervised := func(tool, how string, arguments args) func(b *reader) reply {
		return func(b *reader) reply {
			b.call("supervise", args{"agent_token": b.user, how: true})
			return b.call(tool, b.with(arguments))
		}
	}
	status, note := args{"text": "on it", "kind": "status", "wait_seconds": 0}, args{"name": "a.txt", "text": "a"}
	cases := []struct {
		tool, how   string
		call        func(b *reader) reply // nil: with arguments and the cursor
		arguments   args
		sends, acts int
	}{
		{"wait_for_message", "looks", nil, args{"wait_seconds": 0}, 1, 1},
		{"wait_for_message", "with the cursor from before an upload", func(b *reader) reply {
			upload(b, nil)
			return b.call("wait_for_message", b.with(args{"wait_seconds": 0}))
		}, nil, 0, 1},
		{"send_message", "sends", nil, status, 0, 1},
		{"send_message", "waits", nil, args{"text": "on it", "kind": "status", "wait_seconds": 1}, 0, 1},
		{"send_message", "is paused", supervised("send_message", "paused", status), nil, 1, 1},
		{"send_message", "drafts", supervised("send_message", "approve", status), nil, 0, 1},
		{"send_message", "has a credential", nil, args{"text": "AKIAIOSFODNN7QWERTYU", "wait_seconds": 0}, 1, 1},
		{"share_file", "shares", nil, note, 0, 1},
		{"share_file", "drafts", supervised("share_file", "approve", note), nil, 0, 1},
		{"share_file", "offers an upload", nil, args{"name": "a.txt", "size": 1}, 1, 1},
		{"share_file", "uploads", func(b *reader) reply { return upload(b, nil) }, nil, 0, 1},
		{"share_file", "uploads a draft", func(b *reader) reply {
			b.call("supervise", args{"agent_token": b.user, "approve": true})
			return upload(b, nil)
		}, nil, 0, 1},
		{"task", "adds", nil, args{"action": "add", "tasks": "sand"}, 1, 1},
		{"task", "takes", nil, args{"action": "take", "id": "t2"}, 1, 0},
		{"task", "takes what it has", nil, args{"action": "take", "id": "t1"}, 1, 0},
		{"task", "releases", nil, args{"action": "release", "id": "t1"}, 1, 1},
		{"task", "finishes", nil, args{"action": "finish", "id": "t1"}, 1, 0},
		{"task", "goes on", nil, args{"action": "next", "id": "t1"}, 1, 0},
		{"list_tasks", "lists", func(b *reader) reply {
			b.does("wait_for_message", args{"cursor": b.cursor, "wait_seconds": 0}) // all has arrived
			return b.call("list_tasks", args{"agent_token": b.token})
		}, nil, none, none},
		{"message_history", "looks back", func(b *reader) reply {
			return b.call("message_history", args{"agent_token": b.token, "limit": 2})
		}, nil, none, none},
		{"join_room", "returns", func(b *reader) reply {
			return b.call("join_room", args{"agent_token": b.token})
		}, nil, 0, 0},
		{"enter_queue", "asks for its seat again", func(b *reader) reply {
			return b.call("enter_queue", args{"ticket": b.ticket, "wait_seconds": 0})
		}, nil, 0, 0},
		{"create_room", "makes another room", func(b *reader) reply {
			got := b.call("create_room", args{"agent_name": "Bob"})
			b.token = got.Token
			return got
		}, nil, 0, 0},
	}
	named := []string{}
	for _, c := range cases {
		named = append(named, c.tool)
		t.Run(c.tool+" "+c.how, func(t *testing.T) {
			p := newWorld(t).connect(modern)
			b := p.pairs(t)
			p.call("task", args{"agent_token": b.ann, "action": "add", "tasks": `["paint","hang"]`})
			b.does("task", args{"action": "take", "id": "t1"})
			asks := func(n int) {
				p.call("send_message", args{"agent_token": b.ann, "text": fmt.Sprint("question ", n), "ask": "Bob"})
			}
			for n, held := range []func() reply{
				func() reply { return b.call("send_message", b.with(args{"text": "and you?", "wait_seconds": 0})) },
				func() reply { return b.call("task", b.with(args{"action": "finish", "id": "t1"})) },
			} {
				asks(n)
				got := held()
				if got.Sent || !strings.Contains(got.Next, "The next one goes through") {
					t.Fatalf("call %d: %s", n, got.text)
				}
				b.takes(got)
			}
			var got reply
			if c.call != nil {
				got = c.call(b)
			} else {
				got = b.call(c.tool, b.with(c.arguments))
			}
			if c.sends == none {
				if got.Cursor != "" {
					t.Errorf("it has %q", got.Cursor)
				}
				return
			}
			token, _ := ident.ParseToken(b.token)
			cursor, ok := token.ParseCursor(got.Cursor)
			if !ok || cursor.HeldMessage != (c.sends > 0) || cursor.HeldAct != (c.acts > 0) {
				t.Errorf("the cursor is %+v, %t: %s", cursor, ok, got.text)
			}
		})
	}
	hasAllWithCursor(t, named)
}

// with returns the arguments of a call of the reader with its cursor.
func (b *reader) with(arguments ...args) args {
	all := args{"agent_token": b.token, "cursor": b.cursor}
	for _, more := range arguments {
		maps.Copy(all, more)
	}
	return all
}

// pairs seats Ann and Bob in a room, by a queue.
func (p *peer) pairs(t *testing.T) *reader {
	t.Helper()
	bob := p.call("enter_queue", args{"agent_name": "Bob", "wait_seconds": 0})
	ann := p.call("enter_queue", args{"agent_name": "Ann", "wait_seconds": 0})
	for ticket := ann.Ticket; ann.Token == ""; {
		ann = p.call("enter_queue", args{"ticket": ticket, "wait_seconds": 1})
	}
	b := &reader{peer: p, t: t, ticket: bob.Ticket, ann: ann.Token}
	bob = p.call("enter_queue", args{"ticket": b.ticket, "wait_seconds": 5})
	b.token, b.cursor, b.user = bob.Token, bob.Cursor, personOf(t, bob.Token)
	p.call("supervise", args{"agent_token": b.user, "claim": claimOf(bob)})
	return b
}

// What "parley leave" and the page call leaves at once. A seat that was given back by a program would stay for a day.
func TestLeaveRoom_ofAPersonOrItsCommand_isNotHeldBack(t *testing.T) {
	for agent, held := range map[string]bool{"parley/1.0 (linux)": false, "claude-code/2.1 (cli) parley/1.0": true,
		"curl/8": true} {
		for _, user := range []bool{false, true} {
			p := newWorld(t).connect(modern, transport.WithHTTPHeaders(map[string]string{"User-Agent": agent}))
			b := p.pairs(t)
			p.call("send_message", args{"agent_token": b.ann, "text": "May I?", "ask": "Bob"})
			token := b.token
			if user {
				token = b.user
			}
			got := p.call("leave_room", args{"agent_token": token})
			if want := map[bool]string{false: "left", true: "unread"}[held && !user]; got.Status != want {
				t.Errorf("%q, of the user %t: %s", agent, user, got.text)
			}
		}
	}
}
