package wake

import (
	"bytes"
	"cmp"
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

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// The events that are served.
const (
	SessionStarts = "SessionStart"
	ToolUsed      = "PostToolUse"
	TurnOver      = "Stop"
	SessionEnds   = "SessionEnd"
)

// HookCall is what a client gives a hook on its standard input. Both clients use these names.
type HookCall struct {
	Event   string `json:"hook_event_name"`
	Session string `json:"session_id"`
	Dir     string `json:"cwd"`
	Source  string `json:"source"` // of SessionStarts: startup, resume, clear or compact
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

// The beginnings of the names of the tools, of the server that parley connect writes and of
// that which the plugin brings. Codex names the tools of a plugin like its own.
const (
	connected = "mcp__parley__"
	plugged   = "mcp__plugin_parley_parley__"
)

// InCodex reports whether a call of ToolUsed or TurnOver is one of Codex.
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
	s = client.Seat{Room: j.Room.Name, Name: j.AgentName, Token: j.AgentToken}
	if given := strings.TrimSpace(c.Input.Name); strings.EqualFold(given, s.Name) {
		s.Chosen = given
	}
	s.Admin = slices.ContainsFunc(j.Room.Agents, func(a results.Agent) bool { return a.You && a.Role == "admin" })
	return s, ok && j.AgentToken != "" && j.Room.Name != ""
}

// result finds the result in what a client gives: Claude Code a string with the JSON of
// the structured content, Codex the whole result of the call. While a queue has no partner,
// and with a refusal, it has no token or no room.
func result(response json.RawMessage) results.Joined {
	var text string
	if json.Unmarshal(response, &text) == nil {
		response = json.RawMessage(text)
	}
	var whole struct {
		Structured *results.Joined `json:"structuredContent"`
		Content    []struct{ Text string }
		results.Joined
	}
	if json.Unmarshal(response, &whole) != nil {
		return results.Joined{}
	}
	if whole.Structured != nil {
		return *whole.Structured
	}
	for _, part := range whole.Content {
		var j results.Joined
		if json.Unmarshal([]byte(part.Text), &j) == nil && j.AgentToken != "" {
			return j
		}
	}
	return whole.Joined
}

// claude says how to reach a session of Claude Code.
func (c HookCall) claude() *client.Wake {
	pid, _ := strconv.Atoi(os.Getenv("CLAUDE_PID")) // 0: not known
	return &client.Wake{
		Client: ClaudeCode, Session: c.Session, PID: pid, Mode: c.Mode,
		Dir:    cmp.Or(os.Getenv("CLAUDE_PROJECT_DIR"), c.Dir), // its shell may have gone elsewhere
		Socket: os.Getenv("CLAUDE_CODE_MESSAGING_SOCKET"), SocketToken: os.Getenv("CLAUDE_CODE_MESSAGING_TOKEN"),
	}
}

// codex says how to reach a session of Codex: by its program, as it runs now.
func (c HookCall) codex() *client.Wake {
	w := &client.Wake{Client: Codex, Session: c.Session, Dir: c.Dir, Mode: c.Mode}
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
// no inbox open: there it waits, and returns the sentence that is to wake the agent. When a
// session starts, it returns what the agent is told about its seats. "" means that there is
// nothing to say.
func (c HookCall) Serve(ctx context.Context, o HookOptions) (text string, err error) {
	switch c.Event {
	case SessionStarts:
		return c.started(o)
	case ToolUsed:
		return "", c.seated(o)
	case SessionEnds:
		return "", c.ended(o)
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
	s.Server, err = o.Server(s.Token)
	if err != nil || s.Server == "" {
		return err
	}
	s.Wake = c.claude()
	if c.InCodex() {
		s.Wake = c.codex()
	}
	if err := o.Seats.Put(s); err != nil {
		return err
	}
	return o.Start()
}

// ended marks the seats of a session that is over. Their tokens stay until the lease is over, for
// the session that goes on with them, and no program waits with them. A process in which the
// session was taken up again meanwhile keeps them.
func (c HookCall) ended(o HookOptions) error {
	return o.change(c.owns, func(all []client.Seat) []client.Seat {
		for i, s := range all {
			if c.owns(s) && s.Ended.IsZero() && s.Wake.PID == c.wakeIn(s.Wake.Client).PID {
				all[i].Ended = o.Clock.Now()
			}
		}
		return all
	})
}

// change calls do with all seats if there are some that it is about, and removes those whose lease
// is over. Most sessions have no seat: then it only reads.
func (o HookOptions) change(about func(client.Seat) bool, do func([]client.Seat) []client.Seat) error {
	over := func(s client.Seat) bool { return s.LeaseOver(o.Clock.Now()) }
	all, err := o.Seats.All()
	if err != nil || !slices.ContainsFunc(all, func(s client.Seat) bool { return about(s) || over(s) }) {
		return err
	}
	return o.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
		return do(slices.DeleteFunc(all, over)), nil
	})
}

// started gives a session that starts its seats. One that goes on, or whose context was
// compacted, has them under its id. Any other takes those of sessions in the same directory that
// have ended: of two that start at once, one gets them.
func (c HookCall) started(o HookOptions) (text string, err error) {
	switch c.Source {
	case "resume", "compact":
		return c.goesOn(o)
	case "startup", "clear":
		return c.takes(o)
	}
	return "", nil
}

// goesOn tells the agent of a session that goes on its tokens.
func (c HookCall) goesOn(o HookOptions) (text string, err error) {
	own, err := c.alive(o)
	if err != nil || len(own) == 0 {
		return "", err
	}
	for _, s := range own {
		text += fmt.Sprintf("Your agent_token for %s is %s. wait_for_message with wait_seconds 0 shows what is new.\n",
			Where(s, own), s.Token)
	}
	return text, o.Start()
}

// takes removes the seats of ended sessions in this directory from the list, and tells the agent
// their tokens. It does not wait with them: the agent asks its person first. A token is for the
// server that gave it and for no other, and for nobody who cannot ask. The agent says its own name
// again, so that the next session hears it, too.
func (c HookCall) takes(o HookOptions) (text string, err error) {
	if unattended() {
		return "", nil
	}
	server, err := o.Server("")
	if err != nil {
		return "", err
	}
	own := c.claude()
	left := func(s client.Seat) bool {
		if s.Wake == nil || s.Server != server || s.Wake.Dir != own.Dir || own.Dir == "" {
			return false
		}
		// In one process Claude Code has one session. The hooks of the one that was cleared may run after this.
		cleared := c.Source == "clear" && s.Wake.Client == ClaudeCode && s.Wake.PID == own.PID && own.PID > 0 &&
			!c.owns(s)
		return cleared || !s.Ended.IsZero() || SessionOver(s.Wake)
	}
	var taken, rest []client.Seat
	err = o.change(left, func(all []client.Seat) []client.Seat {
		for _, s := range all {
			if !left(s) {
				rest = append(rest, s)
				continue
			}
			s.Wake.Session = c.Session // among its seats, two of one name are told apart: see Where
			taken = append(taken, s)
		}
		return rest
	})
	if err != nil {
		return "", err
	}
	for _, s := range taken {
		with := "alone"
		if name := inert(s.Chosen, ""); name != "" {
			with = `and agent_name "` + name + `"`
		}
		text += fmt.Sprintf("A session in this directory ended and left a seat: its agent_token for %s is %s. Ask "+
			"your user before you go on with it. If they want that, call join_room with this agent_token %s.\n",
			Where(s, taken), s.Token, with)
	}
	return text, nil
}

// turnOver notes what has changed in a session that has seats, and sees to it that it is
// woken.
func (c HookCall) turnOver(ctx context.Context, o HookOptions) (text string, err error) {
	if unattended() {
		return "", nil
	}
	own, err := c.alive(o)
	if err != nil || len(own) == 0 {
		return "", err
	}
	if err := o.Start(); err != nil {
		return "", err
	}
	w := own[0].Wake
	if w.Client != ClaudeCode || TakesInbox(w) {
		return "", nil
	}
	return listen(ctx, w, o)
}

// alive notes that the session runs, and in which way it is reached now: its person may have
// changed the mode, or gone on with it in another process. It returns the session's seats.
func (c HookCall) alive(o HookOptions) (own []client.Seat, err error) {
	err = o.change(c.owns, func(all []client.Seat) []client.Seat {
		for i, s := range all {
			if !c.owns(s) {
				continue
			}
			w := c.wakeIn(s.Wake.Client)
			w.Mode = cmp.Or(w.Mode, s.Wake.Mode) // Claude Code does not say it when a session starts
			w.PID = cmp.Or(w.PID, s.Wake.PID)    // the hook of a Codex that was killed does not find it
			all[i].Wake, all[i].Ended = w, time.Time{}
			own = append(own, all[i])
		}
		return all
	})
	return own, err
}

// owns reports whether a seat is that of an agent of the session.
func (c HookCall) owns(s client.Seat) bool { return s.Wake != nil && s.Wake.Session == c.Session }

// wakeIn says how to reach the session in a client.
func (c HookCall) wakeIn(name string) *client.Wake {
	if name == Codex {
		return c.codex()
	}
	return c.claude()
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
	all, err := f.seats.All()
	return err == nil && slices.ContainsFunc(all, func(s client.Seat) bool {
		return s.HasSession() && s.Wake.Session == w.Session
	})
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

// parent returns the process id of a process's parent; 0 if it is unknown.
func parent(pid int) int {
	fields := stat(pid)
	if len(fields) < 2 {
		return 0
	}
	id, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return id
}

// stat returns what Linux says of a process, its state first (proc(5)); nil if that is unknown.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // the name before it may hold anything
}
