// Package parts brings the real parts that tests drive: programs that must be on
// the machine, and packages that make fetch puts into a cache outside the tree, once.
// Tests fetch nothing. Where a part is missing a test is skipped with the reason, or
// fails if CI=true.
package parts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// chromiumEnv is the path of the browser, if it is none of the usual ones.
const chromiumEnv = "PARLEY_CHROMIUM"

// Chromium returns the path of the browser that shows the page.
func Chromium() (string, error) {
	if path := os.Getenv(chromiumEnv); path != "" {
		return path, nil
	}
	// The headless shell is the same engine without the windows around it: Debian builds it
	// from the same source, and a test takes less than half of the processor.
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("Chromium is not installed (" + chromiumEnv + " may name its path): it shows the page")
}

// Need returns the path of a program. Where it is missing the test is skipped,
// or fails if CI=true.
func Need(t testing.TB, name, why string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "%v", notInstalled(name, why))
	}
	return path
}

// Missing skips the test, or fails it if CI=true.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf("SKIPPED, NOT TESTED: "+format, args...)
}

func notInstalled(name, why string) error { return fmt.Errorf("%s is not installed: %s", name, why) }

// CopyFile copies the contents of a file.
func CopyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
