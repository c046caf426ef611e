package agents

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// installed returns the folders of the two clients' programs. The packages that
// people install hold small launchers; the programs come in a package for each
// system.
func installed(t *testing.T) []string {
	t.Helper()
	home := parts.Agents.In(t)
	var folders []string
	for _, at := range []string{"@anthropic-ai/claude-code-*/claude", "@openai/codex-*/vendor/*/bin/codex"} {
		found, err := filepath.Glob(filepath.Join(home, "node_modules", filepath.FromSlash(at)))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			parts.Missing(t, "npm has no %s for %s on %s", strings.Split(at, "/")[1], runtime.GOOS, runtime.GOARCH)
		}
		folders = append(folders, filepath.Dir(found[0]))
	}
	return folders
}
