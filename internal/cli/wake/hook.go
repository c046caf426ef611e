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
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/client"
)

// The events of a client that a hook serves.
const (
	SessionStarts = "SessionStart"
	ToolUsed      = "PostToolUse"
	TurnOver      = "Stop"
	SessionEnds   = "SessionEnd"
)

// HookCall is what a client writes to the standard input of a hook. Claude Code and Codex use the same names.
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
	Turn     string          `json:"turn_id"` // of Codex alone
}

// ReadHook reads the call of a hook. The error says what is wrong with the input.
func ReadHook(in io.Reader) (HookCall, error) {
	var c HookCall
	if err := json.NewDecoder(io.LimitReader(in, cli.MaxHook)).Decode(&c); err != nil {
		return c, fmt.Errorf("the standard input of a hook is an object of JSON: %w", err)
	}
	if c.Event == "" || c.Session == "" {
		return c, errors.New("the standard input has no hook_event_name or no session_id")
	}
	return c, nil
}

// The prefixes of the names of tools: of the server that parley connect writes, and of the server of the plugin. Codex
// uses connectPrefix for both.
const (
	connectPrefix = "mcp__parley__"
	pluginPrefix  = "mcp__plugin_parley_parley__"
)

// InCodex reports whether Codex made the call. It tells only for ToolUsed and TurnOver.
func (c HookCall) InCodex() bool { return c.Turn != "" }

// seat returns the seat in the result of the tool; ok is false if the result has none. seat ignores tools of other
// servers: their addresses are unknown, and a token must go only to its own server.
func (c HookCall) seat(plugin bool) (s client.Seat, ok bool) {
	server := connectPrefix
	if plugin && !c.InCodex() {
		server = pluginPrefix
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

// result finds the result of a call in what a client gives. Claude Code gives a string with the JSON of the structured
// content, and Codex the whole result of the call. A refusal, or a queue without a partner, has no token or no room.
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

// claude returns how to reach a session of Claude Code.
func (c HookCall) claude() *client.Wake {
	pid, _ := strconv.Atoi(os.Getenv("CLAUDE_PID")) // 0: not known
	return &client.Wake{
		Client: ClaudeCode, Session: c.Session, PID: pid, Mode: c.Mode,
		Dir:    cmp.Or(os.Getenv("CLAUDE_PROJECT_DIR"), c.Dir), // its shell may have gone elsewhere
		Socket: os.Getenv("CLAUDE_CODE_MESSAGING_SOCKET"), SocketToken: os.Getenv("CLAUDE_CODE_MESSAGING_TOKEN"),
	}
}

// codex returns how to reach a session of Codex: by the program that runs now.
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

// unattended reports whether the session ends with its turn. Claude Code ends such a session only after its hooks.
func unattended() bool { return os.Getenv("CLAUDE_CODE_SESSION_ATTENDED") == "0" }

// HookOptions are what Serve needs.
type HookOptions struct {
	Seats *client.TokenStore
	// Server returns the address of the server that gave a token; "" if no server is known for it.
	Server func(token string) (string, error)
	Plugin bool         // the plugin has called the hook, and not the settings that parley connect writes
	Start  func() error // starts the standby unless it runs
	Clock  clockwork.Clock
}

// Serve does what a call asks for. When a session starts, Serve returns what to tell the agent about its seats. After
// a turn in a session without an inbox, Serve waits, and returns the sentence that wakes the agent. All other calls
// return at once. An empty text means that there is nothing to say.
func (c HookCall) Serve(ctx context.Context, o HookOptions) (text string, err error) {
	switch c.Event {
	case SessionStarts:
		return c.beginSession(o)
	case ToolUsed:
		return "", c.recordSeat(o)
	case SessionEnds:
		return "", c.endSeats(o)
	case TurnOver:
		return c.endTurn(ctx, o)
	}
	return "", nil
}

// recordSeat records the seat that the agent has taken, and the way to wake its session: only a hook knows both.
func (c HookCall) recordSeat(o HookOptions) error {
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

// endSeats marks the seats of a session that is over: no program waits for them any more. Their tokens stay until the
// lease is over, for the session that continues with the seats. If another process has resumed the session meanwhile,
// its seats are not marked.
func (c HookCall) endSeats(o HookOptions) error {
	return o.change(c.owns, func(all []client.Seat) []client.Seat {
		for i, s := range all {
			if c.owns(s) && s.Ended.IsZero() && s.Wake.PID == c.wakeIn(s.Wake.Client).PID {
				all[i].Ended = o.Clock.Now()
			}
		}
		return all
	})
}

// change calls do with all seats, and stores what do returns without the seats whose lease is over. If about is false
// for all seats and no lease is over, as for most sessions, change only reads.
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

// beginSession gives a new or continued session its seats. A session that continues, or whose context was compacted,
// has seats under its id. Any other session takes the seats of ended sessions in the same directory: if two sessions
// start at once, one gets the seats.
func (c HookCall) beginSession(o HookOptions) (text string, err error) {
	switch c.Source {
	case "resume", "compact":
		return c.resume(o)
	case "startup", "clear":
		return c.takeSeats(o)
	}
	return "", nil
}

// resume tells the agent of a continued session its tokens.
func (c HookCall) resume(o HookOptions) (text string, err error) {
	own, err := c.recordSession(o)
	if err != nil || len(own) == 0 {
		return "", err
	}
	for _, s := range own {
		text += fmt.Sprintf("Your agent_token for %s is %s. join_room with only that shows what is new.\n",
			Where(s, own), s.Token)
	}
	return text, o.Start()
}

// takeSeats removes the seats of ended sessions in this directory from the file, and tells the agent their tokens. No
// program waits for these seats: the agent first asks its person. A token is told only to the client of the server that
// gave it, and only where a person can be asked. The agent gives its own name again, so that the next session gets it,
// too.
func (c HookCall) takeSeats(o HookOptions) (text string, err error) {
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
		// A process of Claude Code has one session. The hooks of the cleared session may run after this hook.
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
			s.Wake.Session = c.Session // so that Where tells two seats of one name apart
			taken = append(taken, s)
		}
		return rest
	})
	if err != nil {
		return "", err
	}
	for _, s := range taken {
		with := "alone"
		if name := safe(s.Chosen, ""); name != "" {
			with = `and agent_name "` + name + `"`
		}
		text += fmt.Sprintf("A session in this directory ended and left a seat: its agent_token for %s is %s. Ask "+
			"your user before you go on with it. If they want that, call join_room with this agent_token %s.\n",
			Where(s, taken), s.Token, with)
	}
	return text, nil
}

// endTurn records what has changed in a session with seats, and makes sure that the session can be woken.
func (c HookCall) endTurn(ctx context.Context, o HookOptions) (text string, err error) {
	if unattended() {
		return "", nil
	}
	own, err := c.recordSession(o)
	if err != nil || len(own) == 0 {
		return "", err
	}
	if err := o.Start(); err != nil {
		return "", err
	}
	w := own[0].Wake
	if w.Client != ClaudeCode || HasInbox(w) {
		return "", nil
	}
	return listen(ctx, w, o)
}

// recordSession records that the session runs, and how to reach it: its person may have changed the mode, or
// continued in another process. It returns the session's seats.
func (c HookCall) recordSession(o HookOptions) (own []client.Seat, err error) {
	err = o.change(c.owns, func(all []client.Seat) []client.Seat {
		for i, s := range all {
			if !c.owns(s) {
				continue
			}
			w := c.wakeIn(s.Wake.Client)
			w.Mode = cmp.Or(w.Mode, s.Wake.Mode) // Claude Code does not name its mode when a session starts
			w.PID = cmp.Or(w.PID, s.Wake.PID)    // the hook of a Codex that was killed finds no process
			all[i].Wake, all[i].Ended = w, time.Time{}
			own = append(own, all[i])
		}
		return all
	})
	return own, err
}

// owns reports whether a seat belongs to the session.
func (c HookCall) owns(s client.Seat) bool { return s.Wake != nil && s.Wake.Session == c.Session }

// wakeIn returns how to reach the session in a client.
func (c HookCall) wakeIn(name string) *client.Wake {
	if name == Codex {
		return c.codex()
	}
	return c.claude()
}

// hookCheckEvery is how often a waiting hook checks whether to go on: if Claude Code is killed, the hook still runs.
const hookCheckEvery = 5 * time.Second

// listen waits for a notice for the session. It returns "" when a later hook of the session has taken over, or when the
// session or its last seat is gone.
func listen(ctx context.Context, w *client.Wake, o HookOptions) (text string, err error) {
	l, err := Listen(ctx, w.Session)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := o.Clock.NewTicker(hookCheckEvery)
	defer tick.Stop()
	go func() {
		defer cancel()
		for of := (seatsFile{store: o.Seats}); of.reload() && of.hasSession(w); {
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

// seatsFile is the file of seats as it was last read.
type seatsFile struct {
	store *client.TokenStore
	stat  fs.FileInfo // nil: not read yet
	seats []client.Seat
}

// reload reads the file if it has changed, and reports whether it can be read.
func (f *seatsFile) reload() (ok bool) {
	now, err := os.Stat(f.store.Path())
	if err != nil {
		return false
	}
	if f.stat != nil && os.SameFile(f.stat, now) { // a change replaces the file
		return true
	}
	f.stat = now
	f.seats, err = f.store.All()
	return err == nil
}

// hasSession reports whether the session runs and has a seat.
func (f *seatsFile) hasSession(w *client.Wake) bool {
	return !SessionOver(w) && slices.ContainsFunc(f.seats, func(s client.Seat) bool {
		return s.HasSession() && s.Wake.Session == w.Session
	})
}

// maxParents is how many ancestors of this process are searched: a shell may be between it and the client.
const maxParents = 4

// caller returns the program that started this process and whose name begins with name, with its process id. Where the
// system does not tell (outside Linux), caller returns the program in the PATH, and 0.
func caller(name string) (program string, pid int) {
	for pid, n := os.Getppid(), 0; pid > 1 && n < maxParents; pid, n = parent(pid), n+1 {
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil || !strings.HasPrefix(filepath.Base(path), name) {
			continue
		}
		if _, err := os.Stat(path); err == nil { // else the program was updated since it started
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

// stat returns the fields of /proc/PID/stat from the state on (proc(5)); nil if there are none.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // a name may have any characters
}
