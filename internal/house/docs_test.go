package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs_everyPath_exists checks the paths in the tables of docs/design.md and in
// other pages, so that nobody is sent to a file that has moved.
func TestDocs_everyPath_exists(t *testing.T) {
	path := regexp.MustCompile("`((?:internal|cmd|functions|bench|deploy|docs|e2e|scripts)/[A-Za-z0-9_/.*-]+)`")
	for _, doc := range []string{"docs/design.md", "README.md", "docs/operations.md", "docs/deploy.md", "docs/self-hosting.md", "docs/troubleshooting.md", "CONTRIBUTING.md", "SECURITY.md"} {
		text, err := os.ReadFile(filepath.Join("../..", doc))
		if err != nil {
			t.Fatal(err)
		}
		found := path.FindAllStringSubmatch(string(text), -1)
		if doc == "docs/design.md" && len(found) < 50 {
			t.Errorf("%s names only %d paths", doc, len(found))
		}
		for _, m := range found {
			if places, err := filepath.Glob(filepath.Join("../..", strings.TrimSuffix(m[1], "/"))); err != nil || len(places) == 0 {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
	}
}
