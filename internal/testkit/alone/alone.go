// Package alone keeps out of tests who runs them: the terminal, the settings and the agent of that person. A test
// that saw them would pass for one person and fail for another.
package alone

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Main is TestMain of a package whose code asks the environment or the terminal.
func Main(m *testing.M) {
	if err := Begin(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// Begin takes the terminal and the environment of whoever runs the tests from this process, and so from each program
// that a test starts. What is kept of the environment says where things are, and how Go and the tests run. Ctrl-C
// still ends the tests.
func Begin() error {
	var errs []error
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name != "" && !kept.MatchString(strings.ToUpper(name)) { // Windows has variables without a name
			errs = append(errs, os.Unsetenv(name))
		}
	}
	if err := errors.Join(append(errs, leaveTerminal())...); err != nil {
		return fmt.Errorf("the tests see who runs them: %w", err)
	}
	return nil
}

// kept are the names of the variables that a test may see: of the system, of Go, of what tests drive, and of the
// tests themselves. The last rows are of Windows.
var kept = regexp.MustCompile(`^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|XDG_CACHE_HOME|CI` +
	`|GO[A-Z0-9]*|CGO_[A-Z]*|CC|JAVA_HOME|PYTHONDONTWRITEBYTECODE` +
	`|PARLEY_(ATTACK|CHROMIUM|CLIENTS|MUTANT|MUTANTS_REACHED|SCREENSHOTS|SEED|SOAK)|PARLEY_(TEST|E2E)_\w*` +
	`|TEMP|TMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERNAME|USERPROFILE|HOMEDRIVE|HOMEPATH` +
	`|APPDATA|LOCALAPPDATA|ALLUSERSPROFILE|PROGRAMDATA|(COMMON)?PROGRAM(FILES|W6432).*|PSMODULEPATH` +
	`|PROCESSOR_\w*|NUMBER_OF_PROCESSORS)$`)
