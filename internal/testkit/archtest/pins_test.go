package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// withoutHash returns the packages of a list for pip that have no hash.
func withoutHash(list string) (names []string) {
	joined := strings.ReplaceAll(list, "\\\n", " ")
	for line := range strings.Lines(joined) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !regexp.MustCompile(`^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}\b`).MatchString(line) {
			names = append(names, line)
		}
	}
	return names
}

func TestPythonPackages_havePinsAndHashes(t *testing.T) {
	lists := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(name) {
			return filepath.SkipDir
		}
		if d.Name() != "requirements.txt" {
			return nil
		}
		text, err := os.ReadFile(name)
		lists++
		for _, line := range withoutHash(string(text)) {
			t.Errorf("%s: %q: pip would take whatever the index has under this name", name, line)
		}
		return err
	})
	if err != nil || lists < 2 {
		t.Errorf("%d lists, %v; want those of scripts/sam and e2e/clients/python", lists, err)
	}
	// Without the second option pip builds packages, and takes unpinned ones for that.
	for _, installer := range []string{"scripts/sam/install", "e2e/internal/parts/part.go"} {
		text, err := os.ReadFile(filepath.Join(root, installer))
		if err != nil {
			t.Fatal(err)
		}
		for _, option := range []string{"--require-hashes", "--only-binary"} {
			if !strings.Contains(string(text), option) {
				t.Errorf("%s does not give pip %s", installer, option)
			}
		}
	}
}
