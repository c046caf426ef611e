//go:build linux

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// The unit's filter answers EPERM to other system calls, and nobody would see which one
// the program missed.
func TestUnit_filterOfSystemCalls_letsTheProgramTalk(t *testing.T) {
	analyze := parts.Need(t, "systemd-analyze", "it says which system calls the unit allows")
	allowed := systemCalls(t, analyze, "@system-service")
	for call := range systemCalls(t, analyze, "@privileged", "@resources") {
		delete(allowed, call)
	}
	if os.Geteuid() == 0 {
		allowed["fchown"] = true // SQLite asks for it as root only; the unit has another user
	}
	trace := tracedFor(t, "all")
	p := recipe(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, bob := c.join("the cell:password", "Alice"), c.join("the cell:password", "Bob")
	c.listen(&alice)
	c.sayAndHear(alice, bob)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if out, code := parley(t, "backup", "--data", p.args[1], backup); code != 0 {
		t.Errorf("backup: %s", out)
	}
	if code := p.terminate(); code != 0 {
		t.Errorf("the program ended with code %d", code)
	}
	used := tracedCalls(t, trace)
	if len(used) < 20 {
		t.Errorf("the trace has only %q", used)
	}
	for _, call := range used {
		if !allowed[call] {
			t.Errorf("the unit does not allow %s", call)
		}
	}
}

// systemCalls returns the system calls of sets, which may name other sets.
func systemCalls(t *testing.T, analyze string, sets ...string) map[string]bool {
	t.Helper()
	out, err := exec.Command(analyze, append([]string{"syscall-filter"}, sets...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		switch name := strings.TrimSpace(line); {
		case line == name+"\n", name == "", strings.HasPrefix(name, "#"): // the set itself, its title
		case strings.HasPrefix(name, "@"):
			for call := range systemCalls(t, analyze, name) {
				calls[call] = true
			}
		default:
			calls[name] = true
		}
	}
	return calls
}

// tracedCalls returns the names of the system calls in a trace.
func tracedCalls(t *testing.T, trace string) (names []string) {
	t.Helper()
	file, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	call := regexp.MustCompile(`^\d+ +([a-z0-9_]+)\(`)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := call.FindStringSubmatch(lines.Text()); m != nil {
			names = append(names, m[1])
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
