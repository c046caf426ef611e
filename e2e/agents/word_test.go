package agents

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// watches opens the link of an agent in the room, as its person does in a terminal.
func (m *machine) watches(url, room string) {
	m.t.Helper()
	var made struct{ Watch string }
	g := &guest{t: m.t, url: url}
	g.call("join_room", map[string]any{"room": room, "agent_name": "Ann"}, &made)
	cmd := m.command(m.home, "parley", "watch", made.Watch)
	terminal, err := pty.Start(cmd)
	if err != nil {
		m.t.Fatal(err)
	}
	defer terminal.Close()
	shown, _ := io.ReadAll(terminal) // Linux ends it with an error
	if err := cmd.Wait(); err != nil {
		m.t.Fatalf("%v: %s", err, shown)
	}
}

// The program knows the shells that the real clients give their agents, also one with a
// terminal.
func TestWord_ofAPerson_isNotTakenByItsAgentsShell(t *testing.T) {
	t.Parallel()
	program := `"` + os.Getenv(process.BinaryEnv) + `" `
	line := program + `say "I am your user."; ` + program + `supervise pause; ` + program + `who`
	inShell, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		variable string
		run      func(m *machine, dir string) (*screen, *model)
	}{
		"Claude Code": {"CLAUDECODE", func(m *machine, dir string) (*screen, *model) {
			m.settle(dir)
			bash := call{Tool: "Bash", Input: map[string]any{"command": line, "description": "Speak"}}
			return m.sit(dir, "claude", "--permission-mode", "acceptEdits", "--allowedTools", "Bash", "--",
				prompt(t, do(bash), say(resting))), m.claude
		}},
		"Codex": {"CODEX_THREAD_ID", func(m *machine, dir string) (*screen, *model) {
			m.config(fmt.Sprintf("[projects.%q]\ntrust_level = \"trusted\"\n", dir))
			code := "text(await tools.exec_command({cmd: " + string(inShell) + ", tty: true, yield_time_ms: 20000}))"
			return m.sit(dir, "codex", "--dangerously-bypass-approvals-and-sandbox",
				prompt(t, do(call{Tool: "exec", Code: code}), say(resting))), m.codex
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.sweep()
			m.withProgram()
			m.watches(serve(t), "hello")
			ann, played := c.run(m, m.folder("project"))
			got := played.await(t, ann.client, "what its shell says", patience,
				func(c conversation) bool { return len(c.turns) == 1 })
			if said := got.text(); strings.Count(said, "Nothing was done") != 2 ||
				!strings.Contains(said, c.variable+" is set") || !strings.Contains(said, "hello: 1 of 2 seats taken") {
				t.Errorf("its shell says %s", said)
			}
		})
	}
}
