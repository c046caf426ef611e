package agents

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// readme returns the lines with which a person connects a client.
func readme(t *testing.T) [][]byte {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^parley connect .+ --allow$`).FindAll(text, -1)
	if len(lines) != 2 {
		t.Fatalf("README.md connects with %q", lines)
	}
	return lines
}

// install installs the program, and returns its folder. What was compiled before lies in the caches of
// the go command, since to fetch and compile all measures the line and the machine.
func (m *machine) install() (bin string) {
	m.t.Helper()
	m.shell("cd " + m.sources() + " && " + strings.Join(goCaches(m.t), " ") +
		" GOPROXY=off CGO_ENABLED=0 go install ./cmd/parley")
	return filepath.Join(m.home, "go", "bin")
}

// sources is the root of the module.
func (m *machine) sources() string {
	m.t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		m.t.Fatal(err)
	}
	return root
}

// goCaches returns settings that name the caches of whoever runs the tests, and the flags without which the caches hold
// nothing of the program.
func goCaches(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, value := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		names[i] += "='" + value + "'" // none has a quote in it
	}
	return names
}

// A person has both clients, and an empty HOME. The first message is there within two minutes.
func TestFirstQuarterHour_fromNothing_aMessageWithinTwoMinutes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.sweep()
	began := time.Now()

	bin := m.install()
	url := serveBinary(t, filepath.Join(bin, "parley"), m.env)
	t.Logf("the program listens after %v", time.Since(began))
	for _, line := range readme(t) {
		m.shell(fmt.Sprintf(`PATH="$PATH:%s" PARLEY_URL=%s %s`, bin, url, line))
	}
	t.Logf("both clients know it after %v", time.Since(began))

	// Not the folder in which it was added.
	ann := m.start(m.folder("elsewhere"), "claude", "--print", prompt(t,
		do(call{Tool: "mcp__parley__join_room", Input: map[string]any{"room": "hello", "agent_name": "Ann"}}),
		step{
			Calls: []call{{Tool: "mcp__parley__wait_for_message",
				Input: map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "wait_seconds": 50}}},
			Until: "Hello from Codex",
		},
	))
	m.claude.await(t, ann, "she has a seat", patience,
		func(c conversation) bool { return strings.Contains(c.text(), "agent_token") })
	bob := m.codexCLI(m.folder("project"), defaultModel, prompt(t,
		do(inCode("join_room", `{room: "hello", agent_name: "Bob"}`)),
		do(inCode("send_message", `{agent_token: "$TOKEN", cursor: "$CURSOR", text: "Hello from Codex"}`)),
	))
	m.codex.await(t, bob, "his message is sent", patience,
		func(c conversation) bool { return strings.Contains(c.text(), `"sent":true`) })
	m.claude.await(t, ann, "what Bob said", patience,
		func(c conversation) bool { return strings.Contains(c.text(), "Hello from Codex") })

	took := time.Since(began)
	t.Logf("the first message was there after %v", took)
	if took > 2*time.Minute {
		t.Error("that is over two minutes")
	}
}

// inCode is a call of a tool of Parley's from JavaScript, with the result printed.
func inCode(tool, arguments string) call {
	return call{Tool: "exec", Code: "text((await tools.mcp__parley__" + tool + "(" + arguments +
		")).structuredContent)"}
}
