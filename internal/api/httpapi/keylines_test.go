package httpapi

import (
	"os"
	"strings"
	"testing"
)

// What the program prints is what docs/clients.md says, whose lines are tried with the
// clients; and a key stands on no command line.
func TestConnectWithKey_linesAreThoseOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(ConnectWithKey("https://parley.example/mcp", "KEY")) {
		_, config, isConfig := strings.Cut(line, ".json")
		if isConfig {
			line = config[strings.Index(config, "{"):]
		}
		for _, program := range []string{"claude mcp", "codex mcp", "gemini mcp"} {
			if i := strings.Index(line, program); i >= 0 {
				line, isConfig = line[i:], true
			}
		}
		if !isConfig {
			continue
		}
		found++
		if !strings.Contains(string(page), "`"+strings.TrimSpace(line)+"`") {
			t.Errorf("docs/clients.md does not have\n%s", line)
		}
		if strings.Contains(strings.ReplaceAll(line, "PARLEY_KEY", ""), "KEY") {
			t.Errorf("a key would stand in\n%s", line)
		}
	}
	if found != 6 {
		t.Errorf("%d clients have a line, want 6", found)
	}
}
