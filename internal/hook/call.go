// Package hook serves the hooks of Claude Code and Codex: programs that a client runs when
// a tool was used, a turn is over or a session ends. They note which session has which
// seat, and take the nudges for a session that has no other way in.
package hook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/nudge"
)

// The events that are served.
const (
	ToolUsed     = "PostToolUse"
	TurnOver     = "Stop"
	SessionEnded = "SessionEnd"
)

// Call is what a client gives a hook on its standard input. Both clients use these names.
type Call struct {
	Event   string `json:"hook_event_name"`
	Session string `json:"session_id"`
	Mode    string `json:"permission_mode"`
	Tool    string `json:"tool_name"`
	Input   struct {
		Name string `json:"agent_name"`
	} `json:"tool_input"`
	Response json.RawMessage `json:"tool_response"`
	Turn     string          `json:"turn_id"` // only Codex has it
}

// longest is how much is read; a tool's result is much shorter.
const longest = 8 << 20

// Read reads a call.
func Read(in io.Reader) (Call, error) {
	var c Call
	if err := json.NewDecoder(io.LimitReader(in, longest)).Decode(&c); err != nil {
		return c, fmt.Errorf("the standard input of a hook is an object of JSON: %w", err)
	}
	if c.Event == "" || c.Session == "" {
		return c, errors.New("the standard input has no hook_event_name or no session_id")
	}
	return c, nil
}

// joined is the part of the result of join_room, create_room and enter_queue that is
// needed. While a queue has no partner, and with a refusal, it has no token or no room.
type joined struct {
	Token string `json:"agent_token"`
	Name  string `json:"agent_name"`
	Room  struct {
		Name string `json:"name"`
	} `json:"room"`
}

// The beginnings of the names of the tools, of the server that parley connect writes and of
// that which the plugin brings. Codex names the tools of a plugin like its own.
const (
	connected = "mcp__parley__"
	plugged   = "mcp__plugin_parley_parley__"
)

// InCodex reports whether the call is one of Codex.
func (c Call) InCodex() bool { return c.Turn != "" }

// seat returns the seat in the result of the tool; ok is false if it has none. A server of
// another name is none of those whose address is known here, and its token is not for them.
func (c Call) seat(plugin bool) (s client.Seat, ok bool) {
	server := connected
	if plugin && !c.InCodex() {
		server = plugged
	}
	for _, tool := range []string{"join_room", "create_room", "enter_queue"} {
		ok = ok || c.Tool == server+tool
	}
	j := result(c.Response)
	s = client.Seat{Room: j.Room.Name, Name: j.Name, Token: j.Token}
	if given := strings.TrimSpace(c.Input.Name); strings.EqualFold(given, s.Name) {
		s.Chosen = given
	}
	return s, ok && j.Token != "" && j.Room.Name != ""
}

// result finds the result in what a client gives: Claude Code a string with the JSON of
// the structured content, Codex the whole result of the call.
func result(response json.RawMessage) joined {
	var text string
	if json.Unmarshal(response, &text) == nil {
		response = json.RawMessage(text)
	}
	var whole struct {
		Structured *joined `json:"structuredContent"`
		Content    []struct{ Text string }
		joined
	}
	if json.Unmarshal(response, &whole) != nil {
		return joined{}
	}
	if whole.Structured != nil {
		return *whole.Structured
	}
	for _, part := range whole.Content {
		var j joined
		if json.Unmarshal([]byte(part.Text), &j) == nil && j.Token != "" {
			return j
		}
	}
	return whole.joined
}

// wake says how to reach the session that made the call.
func (c Call) wake() *client.Wake {
	if c.InCodex() {
		return c.codex()
	}
	pid, _ := strconv.Atoi(os.Getenv("CLAUDE_PID")) // 0: not known
	return &client.Wake{
		Client: nudge.ClaudeCode, Session: c.Session, PID: pid, Mode: c.Mode,
		Socket: os.Getenv("CLAUDE_CODE_MESSAGING_SOCKET"), SocketToken: os.Getenv("CLAUDE_CODE_MESSAGING_TOKEN"),
	}
}

// codex says how to reach a session of Codex: by its program, as it runs now.
func (c Call) codex() *client.Wake {
	w := &client.Wake{Client: nudge.Codex, Session: c.Session, Mode: c.Mode}
	for _, name := range []string{"CODEX_HOME", "HOME", "PATH"} {
		if value, set := os.LookupEnv(name); set {
			w.Env = append(w.Env, name+"="+value)
		}
	}
	w.Program, w.PID = caller("codex")
	return w
}

// unattended reports whether the session is one that ends with its turn. Claude Code
// would not end it before the hook.
func unattended() bool { return os.Getenv("CLAUDE_CODE_SESSION_ATTENDED") == "0" }
