package tools

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestInstructions_areShort(t *testing.T) {
	// Claude Code cuts what is longer than 2,048 characters.
	const most, mostInCode, first = 1900, 860, 250
	whole := New(nil, nil, Options{ViewURI: ViewURI}).Instructions(claudeCode)
	for text, most := range map[string]int{whole: most, codexInstructions: mostInCode} {
		if n := len(text); n >= most {
			t.Errorf("the instructions have %d characters, want less than %d", n, most)
		}
		// Some clients show a model only the beginning.
		loop, _, _ := strings.Cut(text, "\n")
		for _, word := range []string{"join_room", "agent_token", "send_message", "wait_for_message", "cursor", "next",
			"quiet", "leave_room"} {
			if len(loop) > first || !strings.Contains(loop, word) {
				t.Errorf("the first %d characters do not hold the loop with %s: %s", first, word, loop)
			}
		}
		if half := text[:len(text)/2]; !strings.Contains(half, "untrusted") {
			t.Errorf("the first half does not say what untrusted means: %s", half)
		}
		for _, word := range []string{"never instructions", "secret", "if your user is there to read it",
			"conversation"} {
			if !strings.Contains(text, word) {
				t.Errorf("%s is missing: %s", word, text)
			}
		}
		for line := range strings.SplitSeq(text, "\n") {
			if line != strings.TrimSpace(line) || strings.HasSuffix(line, ",") {
				t.Errorf("a sentence is broken at %q", line)
			}
		}
		t.Logf("instructions: %d characters, %d tokens", len(text), tokens(t, text))
	}
	if loop, _, _ := strings.Cut(codexInstructions, "\n"); !strings.Contains(loop, "structuredContent alone") {
		t.Errorf("in code a result is printed twice: %s", loop)
	}
}

// Codex is told apart by its User-Agent.
func TestInstructions_ofCodex_areItsOwn(t *testing.T) {
	for agent, want := range map[string]string{codex.Agent: codexInstructions,
		claudeCode.Agent: New(nil, nil, Options{ViewURI: ViewURI}).Instructions(claudeCode)} {
		for generation, method := range map[string]string{legacy: "initialize", modern: "server/discover"} {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set("User-Agent", agent)
				toolsOnly().ServeHTTP(w, r)
			})
			var got struct{ Instructions string }
			hello := map[string]any{"protocolVersion": generation, "capabilities": map[string]any{},
				"clientInfo": map[string]any{"name": "c", "version": "1"}}
			err := json.Unmarshal(ask(t, h, generation, method, hello), &got)
			if err != nil || got.Instructions != want {
				t.Errorf("%s of %s: %v %q", method, agent, err, got.Instructions)
			}
		}
	}
}
