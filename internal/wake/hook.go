package wake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/client"
)

// The events that are served.
const (
	ToolUsed    = "PostToolUse"
	TurnOver    = "Stop"
	SessionEnds = "SessionEnd"
)

// HookCall is what a client gives a hook on its standard input. Both clients use these names.
type HookCall struct {
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

// ReadHook reads a call.
func ReadHook(in io.Reader) (HookCall, error) {
	var c HookCall
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
func (c HookCall) InCodex() bool { return c.Turn != "" }

// seat returns the seat in the result of the tool; ok is false if it has none. A server of
// another name is none of those whose address is known here, and its token is not for them.
func (c HookCall) seat(plugin bool) (s client.Seat, ok bool) {
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
func (c HookCall) wake() *client.Wake {
	if c.InCodex() {
		return c.codex()
	}
	pid, _ := strconv.Atoi(os.Getenv("CLAUDE_PID")) // 0: not known
	return &client.Wake{
		Client: ClaudeCode, Session: c.Session, PID: pid, Mode: c.Mode,
		Socket: os.Getenv("CLAUDE_CODE_MESSAGING_SOCKET"), SocketToken: os.Getenv("CLAUDE_CODE_MESSAGING_TOKEN"),
	}
}

// codex says how to reach a session of Codex: by its program, as it runs now.
func (c HookCall) codex() *client.Wake {
	w := &client.Wake{Client: Codex, Session: c.Session, Mode: c.Mode}
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

// HookOptions of Serve.
type HookOptions struct {
	Seats *client.TokenStore
	// Server returns the address of the server that gave a token; "" if that is not known.
	Server func(token string) (string, error)
	Plugin bool         // the plugin has called it, and not what parley connect has written
	Start  func() error // lets a process watch the seats, unless one does
	Clock  clockwork.Clock
}

// Serve does what a call asks for. It returns at once, except after a turn in a session that has
// no inbox open: there it waits, and returns the sentence that is to wake the agent. "" means
// that there is nothing to say.
func (c HookCall) Serve(ctx context.Context, o HookOptions) (text string, err error) {
	switch c.Event {
	case ToolUsed:
		return "", c.seated(o)
	case SessionEnds:
		return "", o.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
			return slices.DeleteFunc(all, func(s client.Seat) bool {
				return s.Wake != nil && s.Wake.Session == c.Session
			}), nil
		})
	case TurnOver:
		return c.turnOver(ctx, o)
	}
	return "", nil
}

// seated notes the seat that the agent has taken, and the way to wake its session: only a hook
// knows both.
func (c HookCall) seated(o HookOptions) error {
	s, ok := c.seat(o.Plugin)
	if !ok {
		return nil
	}
	var err error
	if s.Server, err = o.Server(s.Token); err != nil || s.Server == "" {
		return err
	}
	s.Wake = c.wake()
	if err := o.Seats.Put(s); err != nil {
		return err
	}
	return o.Start()
}

// turnOver notes what has changed in a session that has seats, and sees to it that it is
// woken.
func (c HookCall) turnOver(ctx context.Context, o HookOptions) (text string, err error) {
	has, err := has(o.Seats, c.Session)
	if err != nil || !has || unattended() {
		return "", err
	}
	w := c.wake()
	err = o.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
		for i, s := range all {
			if s.Wake != nil && s.Wake.Session == c.Session {
				all[i].Wake = w // its person may have changed the mode, or gone on with it in another process
			}
		}
		return all, nil
	})
	if err != nil {
		return "", err
	}
	if err := o.Start(); err != nil {
		return "", err
	}
	if w.Client != ClaudeCode || TakesInbox(w) {
		return "", nil
	}
	return listen(ctx, w, o)
}

// has reports whether a session has a seat.
func has(file *client.TokenStore, session string) (bool, error) {
	all, err := file.All()
	return slices.ContainsFunc(all, func(s client.Seat) bool { return s.Wake != nil && s.Wake.Session == session }), err
}

// hookLookEvery is how often a hook that waits looks whether it is still of use: Claude Code
// does not end it if it is killed itself.
const hookLookEvery = 5 * time.Second

// listen waits for a notice for the session. It ends without one when a later hook of the
// session has taken over, or the session or its last seat is gone.
func listen(ctx context.Context, w *client.Wake, o HookOptions) (text string, err error) {
	l, err := Listen(ctx, w.Session)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := o.Clock.NewTicker(hookLookEvery)
	defer tick.Stop()
	go func() {
		defer cancel()
		for of := (file{seats: o.Seats}); of.use(w); {
			select {
			case <-ctx.Done():
				return
			case <-tick.Chan():
			}
		}
	}()
	text, err = l.Next(ctx)
	if errors.Is(err, ErrReplaced) || ctx.Err() != nil {
		return "", nil
	}
	return text, err
}

// file is the file of seats as it was last looked at.
type file struct {
	seats *client.TokenStore
	then  fs.FileInfo
}

// use reports whether the session still runs and has a seat.
func (f *file) use(w *client.Wake) bool {
	if SessionOver(w) {
		return false
	}
	now, err := os.Stat(f.seats.Path())
	if err != nil {
		return false
	}
	if f.then != nil && os.SameFile(f.then, now) { // a change replaces the file
		return true
	}
	f.then = now
	has, err := has(f.seats, w.Session)
	return err == nil && has
}

// nearest is how far up a program is looked for: a shell may be in between.
const nearest = 4

// caller returns the program whose name begins with name and that has started this
// process, and its process id. Where processes do not show that (outside Linux), it
// returns the program in the PATH, and 0.
func caller(name string) (program string, pid int) {
	for pid, n := os.Getppid(), 0; pid > 1 && n < nearest; pid, n = parent(pid), n+1 {
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil || !strings.HasPrefix(filepath.Base(path), name) {
			continue
		}
		if _, err := os.Stat(path); err == nil { // else it was updated since
			return path, pid
		}
		return inPath(name), pid
	}
	return inPath(name), 0
}

func inPath(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return name
}

// parent returns the process id of a process's parent; 0 if it is unknown (proc(5)).
func parent(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, behind, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(behind)
	if len(fields) < 2 {
		return 0
	}
	id, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return id
}
