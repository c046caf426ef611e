package agents

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// settle answers what Claude Code asks in its first terminal: its colors, whether
// the key may be used, whether the folder is trusted.
func (m *machine) settle(dir string) {
	m.t.Helper()
	answers, err := json.Marshal(map[string]any{
		"hasCompletedOnboarding": true, "theme": "dark",
		"customApiKeyResponses": map[string]any{"approved": []string{apiKey[len(apiKey)-20:]}},
		"projects":              map[string]any{dir: map[string]any{"hasTrustDialogAccepted": true}},
	})
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.home, ".claude.json"), answers, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// joinAndWait is what an agent does that has nothing to say.
func joinAndWait(tools string, seconds int) []step {
	return []step{
		do(call{Tool: tools + "join_room", Input: map[string]any{"room": "standby", "agent_name": "Ann"}}),
		do(call{Tool: tools + "wait_for_message",
			Input: map[string]any{"agent_token": "$TOKEN", "cursor": "$CURSOR", "wait_seconds": seconds}}),
		say("I am idle now."),
	}
}

// wokenBy lets Claude Code wait in a terminal, until its session is idle and the wait
// goes on in the background. So long after the wait began somebody speaks.
func wokenBy(t *testing.T, env []string, seconds int, background, speaks time.Duration) {
	m := newMachine(t)
	url := serve(t)
	dir := m.folder("project")
	m.settle(dir)
	m.shell("claude mcp add --scope user --transport http parley " + url)
	bob := join(t, url, "standby", "Bob")
	ann := m.terminal(dir, env, "claude", "--allowedTools", "mcp__parley", "--",
		prompt(t, joinAndWait("mcp__parley__", seconds)...))
	seated := m.claude.await(t, ann, "she has a seat", patience, func(c conversation) bool { return len(c.turns) == 1 })
	if next := seated.text(); !strings.Contains(next, "goes on in the background") ||
		!strings.Contains(next, "wait_seconds 43200") {
		t.Errorf("the server does not know this client: %s", next)
	}
	began := time.Now()
	idle := m.claude.await(t, ann, "the wait goes on in the background", background+patience,
		func(c conversation) bool { return len(c.turns) == 2 })
	if !strings.Contains(idle.text(), "moved to the background") {
		t.Fatalf("the wait returned %s", idle.turns[1].text())
	}
	<-time.After(time.Until(began.Add(speaks)))
	const words = "Are you still there?"
	bob.says(words)
	// Nobody has typed anything: what is new after the three turns is the wait's result.
	m.claude.await(t, ann, "what Bob said", patience, func(c conversation) bool {
		return len(c.turns) == 3 && strings.Contains(c.after, words)
	})
}

func TestWake_idleClaudeCode_hearsWhatComesInTheBackground(t *testing.T) {
	t.Parallel()
	wokenBy(t, []string{"CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS=3000"}, 120, 3*time.Second, 0)
}

// Without that setting the call moves to the background after two minutes, and
// beyond five it is given up unless the server reports progress.
func TestSoak_waitBeyondFiveMinutes_wakesIdleClaudeCode(t *testing.T) {
	realTime(t)
	wokenBy(t, nil, 400, 2*time.Minute, 380*time.Second)
}

// Codex gives up every call after 300 s, with progress or without. Its model must get
// a result before that.
func TestSoak_waitBeyondFiveMinutes_isQuietForCodexInTime(t *testing.T) {
	realTime(t)
	m := newMachine(t)
	url := serve(t)
	m.shell("codex mcp add parley --url " + url)
	m.approve(`default_tools_approval_mode = "approve"`)
	join(t, url, "standby", "Bob")
	ann := m.codexCLI(m.folder("project"), searchingModel, prompt(t, joinAndWait("mcp__parley/", 400)...))
	m.codex.await(t, ann, "she has a seat", patience, func(c conversation) bool { return len(c.turns) == 1 })
	began := time.Now()
	seen := m.codex.await(t, ann, "the end of the wait", 5*time.Minute+patience,
		func(c conversation) bool { return len(c.turns) == 2 })
	t.Logf("the wait took %v", time.Since(began))
	if end := seen.turns[1].text(); !strings.Contains(end, `"status":"quiet"`) || !strings.Contains(end, `"next":`) {
		t.Errorf("the wait returned %s", end)
	}
}

// realTime skips a test that takes minutes, unless it is asked for.
func realTime(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
	t.Parallel()
}
