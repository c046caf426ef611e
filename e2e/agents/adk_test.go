package agents

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// adk is an agent of Google's Agent Development Kit, which has no MCP. Its model answers when it is let.
type adk struct {
	*client
	in    *json.Encoder
	lines chan adkLine // closed when it is over
	tasks []adkTask    // as its calls of A2A have shown them, in order
}

// adkTask is a task that came back, with the ids of the message that was sent.
type adkTask struct {
	Request struct{ ContextID, TaskID string }
	Task    struct {
		ID, ContextID string
		Status        struct{ State string }
		Metadata      map[string]string
	}
}

// adkLine is what the agent prints: see clients/adk/agent.py.
type adkLine struct {
	adkTask
	Shown string
	Ended string
}

// adk starts an agent with a task, whose model then says the lines in turn in the room of that card.
func (m *machine) adk(card, task string, says ...string) *adk {
	m.t.Helper()
	cmd := exec.Command(filepath.Join(parts.ADK.In(m.t), "bin", "python"),
		filepath.Join(m.sources(), "e2e", "clients", "adk", "agent.py"))
	cmd.Dir, cmd.Env = m.home, m.env
	in, err := cmd.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	printed, stdout := io.Pipe()
	a := &adk{client: &client{args: cmd.Args, ended: make(chan struct{})}, in: json.NewEncoder(in),
		lines: make(chan adkLine, 100)} // more than one agent prints
	cmd.Stdout, cmd.Stderr = stdout, a.client
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	go a.read(printed)
	m.endLater(a.client, cmd)
	go func() {
		<-a.ended
		_ = stdout.Close() // of a pipe, which has no error
	}()
	a.tell(m.t, map[string]any{"card": card, "prompt": task, "says": says})
	return a
}

func (a *adk) read(printed io.Reader) {
	defer close(a.lines)
	for lines := json.NewDecoder(printed); ; {
		var line adkLine
		if err := lines.Decode(&line); err != nil {
			return
		}
		a.lines <- line
	}
}

func (a *adk) tell(t *testing.T, line any) {
	t.Helper()
	if err := a.in.Encode(line); err != nil {
		t.Fatal(err)
	}
}

// next returns what the agent prints next, apart from tasks.
func (a *adk) next(t *testing.T) (line adkLine) {
	t.Helper()
	for line = a.line(t); line.Task.ID != ""; {
		line = a.line(t)
	}
	return line
}

// line returns what the agent prints next.
func (a *adk) line(t *testing.T) adkLine {
	t.Helper()
	select {
	case line, ok := <-a.lines:
		if !ok {
			t.Fatal("the agent of ADK has ended")
		}
		if line.Task.ID != "" {
			a.tasks = append(a.tasks, line.adkTask)
		}
		return line
	case <-time.After(patience):
		t.Fatal("the agent of ADK prints nothing")
		return adkLine{}
	}
}

// speaks lets the model answer.
func (a *adk) speaks(t *testing.T) { a.tell(t, struct{}{}) }

// hears checks what its model is shown then: these words of others, each once, and something that is told of the call.
func (a *adk) hears(t *testing.T, told string, said ...string) {
	t.Helper()
	shown := a.next(t).Shown
	others := regexp.MustCompile(`(?m)^(Ann|Bob|Carol)\b.*`).FindAllString(shown, -1)
	if !slices.Equal(others, said) || !strings.Contains(shown, told) {
		t.Errorf("the model is shown %q, want %q, and that %q", shown, said, told)
	}
}

// checkSeat checks that the agent took a seat with its first message, and has gone on in it by the contextId.
func (a *adk) checkSeat(t *testing.T) {
	t.Helper()
	first := a.tasks[0]
	for i, got := range a.tasks {
		took := i < 2 // the task as it began, and with the answer
		if got.Task.ID != first.Task.ID || (got.Request.ContextID == "") != took ||
			!took && got.Request.ContextID != first.Task.ContextID {
			t.Errorf("the agent came to %+v, and began with %+v", got, first)
		}
	}
}

// watched returns what a person reads of the room by the link of an agent.
func (m *machine) watched(link string) []string {
	m.t.Helper()
	terminal, err := pty.Start(m.command(m.home, "parley", "watch", link))
	if err != nil {
		m.t.Fatal(err)
	}
	defer terminal.Close()
	_, _ = io.Copy(io.Discard, terminal) // Linux ends it with an error
	return m.history()
}

// history returns what a person with a seat reads of the room, without the times.
func (m *machine) history() (lines []string) {
	m.t.Helper()
	for line := range strings.Lines(m.says(`"$PARLEY" history`)) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		lines = append(lines, text)
	}
	return lines
}

// sends is a step in which an agent speaks, and waits is one in which it listens until it has heard that.
func sends(calls func(string, map[string]any) call, arguments map[string]any) step {
	arguments["agent_token"], arguments["cursor"] = "$TOKEN", "$CURSOR"
	return step{Calls: []call{calls("send_message", arguments)}, Until: `"sent":true`}
}

func waits(calls func(string, map[string]any) call, until string) step {
	return step{Calls: []call{calls("wait_for_message",
		map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "wait_seconds": 50})}, Until: until}
}

// Three people each have an agent of another kind. One knows the room by its card alone, and hears only when it has
// spoken. All do their parts of a plan, each waits for the others', and the room ends with all done.
func TestRoom_claudeCodeCodexAndADK_finishAPlanTogether(t *testing.T) {
	t.Parallel()
	parts.ADK.In(t)
	const (
		comes    = "I am Carol. What is my part?"
		plan     = "Ann writes the notes, Bob the code, and Carol runs the tests."
		code     = "The code is written."
		tests    = "The tests pass: 42 of 42."
		notes    = "The notes are written."
		thanks   = "Thank you both."
		shipped  = "It is shipped."
		finished = `"status":"all_done"`
	)
	base, key := keyed(t)
	one, two, three := newMachine(t), newMachine(t), newMachine(t)
	one.env = append(one.env, "PARLEY_URL="+base, "PARLEY_KEY="+key)
	one.sweep()
	two.sweep()
	three.sweep()
	three.withProgram()

	one.says(`"$PARLEY" connect claude-code --allow`)
	ann := one.start(one.folder("project"), "claude", "--print", prompt(t,
		do(plainly("create_room", map[string]any{"room": "release", "agent_name": "Ann", "capacity": 3})),
		waits(plainly, comes),
		sends(plainly, map[string]any{"text": plan}),
		waits(plainly, tests),
		sends(plainly, map[string]any{"text": notes, "kind": "done"}),
		waits(plainly, finished),
	))
	made := one.claude.await(t, ann, "she has a room", patience,
		func(c conversation) bool { return strings.Contains(c.text(), "agent_token") })
	invite := regexp.MustCompile(`http://\S+?/i/[0-9a-z]+`).FindString(made.text())

	two.says(`"$PARLEY" connect codex --allow --url ` + invite)
	bob := two.codexCLI(two.folder("project"), defaultModel, prompt(t,
		do(fromCode("join_room", map[string]any{"agent_name": "Bob"})),
		waits(fromCode, plan),
		sends(fromCode, map[string]any{"text": code}),
		waits(fromCode, thanks),
		sends(fromCode, map[string]any{"text": shipped, "kind": "done"}),
		waits(fromCode, finished),
	))
	two.codex.await(t, bob, "he has a seat", patience,
		func(c conversation) bool { return strings.Contains(c.text(), "agent_token") })

	carol := three.adk(invite+"/as/Carol/.well-known/agent-card.json", "Help in the room.", comes, tests, thanks)
	carol.hears(t, "Help in the room.")
	carol.speaks(t)
	carol.hears(t, "", "Ann: "+plan)
	two.codex.await(t, bob, "his part is said", patience,
		func(c conversation) bool { return strings.Contains(c.text(), `"sent":true`) })
	carol.speaks(t)
	carol.hears(t, "", "Bob: "+code, "Ann (is finished): "+notes) // Bob spoke while she worked
	carol.speaks(t)
	carol.hears(t, "All others are done", "Bob (is finished): "+shipped)

	log := three.watched(carol.tasks[0].Task.Metadata["watch"])
	if want := []string{"* joined: Ann", "* joined: Bob", "* joined: Carol", "Carol: " + comes, "Ann: " + plan,
		"Bob: " + code, "Carol: " + tests, "Ann [done]: " + notes, "Carol: " + thanks,
		"Bob [done]: " + shipped}; !slices.Equal(log, want) {
		t.Errorf("Carol's person reads\n%s\nand not\n%s", strings.Join(log, "\n"), strings.Join(want, "\n"))
	}
	carol.checkSeat(t)
	carol.speaks(t) // to her user
	if got := carol.next(t); got.Ended != "TASK_STATE_CANCELED" {
		t.Errorf("at the end her task is %+v", got)
	}
	for m, c := range map[*model]*client{one.claude: ann, two.codex: bob} {
		m.await(t, c, "that all are done", patience,
			func(c conversation) bool { return strings.Contains(c.text(), finished) })
	}
}

// After an error ADK sends the contextId alone.
func TestADK_serverIsKilled_goesOnInItsSeatByItsContextID(t *testing.T) {
	t.Parallel()
	parts.ADK.In(t)
	h := newHouse(t, "--access", "keys")
	m := newMachine(t)
	m.env = append(m.env, "PARLEY_URL="+strings.TrimSuffix(h.URL, "/mcp"), "PARLEY_KEY="+newKey(t, h.data))
	m.says(`"$PARLEY" join hello --as Bob`)
	invite := regexp.MustCompile(`http://\S+?/i/[0-9a-z]+`).FindString(m.says(`"$PARLEY" invite`))
	carol := m.adk(invite+"/.well-known/agent-card.json", "Talk.", "Hello.", "Are you there?", "I am back.")
	speaks := func(text string) {
		t.Helper()
		carol.speaks(t)
		heard := m.says(`"$PARLEY" wait`)
		if !strings.Contains(heard, text) && strings.Contains(heard, "* joined") { // first
			heard = m.says(`"$PARLEY" wait`)
		}
		if !strings.Contains(heard, text) {
			t.Fatalf("Bob hears %q and not %q", heard, text)
		}
		if got := carol.line(t); got.Task.Status.State != "TASK_STATE_WORKING" {
			t.Fatalf("that it is said brings %+v", got)
		}
	}
	carol.hears(t, "Talk.")
	speaks("Hello.")
	m.says(`"$PARLEY" say "Hi."`)
	carol.hears(t, "", "Bob: Hi.")
	speaks("Are you there?")
	h.kill()
	carol.hears(t, "A2A request failed")
	h.again()
	speaks("I am back.")
	m.says(`"$PARLEY" say "So am I."`)
	carol.hears(t, "", "Bob: So am I.")

	carol.checkSeat(t)
	if last := carol.tasks[len(carol.tasks)-1]; last.Request.TaskID != "" {
		t.Errorf("after the error ADK sent %+v", last.Request)
	}
	name := carol.tasks[0].Task.Metadata["agentName"]
	if log, want := m.history(), []string{"* joined: Bob", "* joined: " + name, name + ": Hello.", "Bob: Hi.",
		name + ": Are you there?", name + ": I am back.", "Bob: So am I."}; !slices.Equal(log, want) {
		t.Errorf("the room has %q, want %q", log, want)
	}
}
