//go:build unix

package connect_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/connect"
)

const crashEnv = "PARLEY_TEST_CONNECT_IN"

// A process that may write only some bytes of a file ends, or fails, during the write.
func TestConnect_endsWhileItWrites_leavesTheOldFile(t *testing.T) {
	if home := os.Getenv(crashEnv); home != "" {
		connectWithLimit(t, home)
		return
	}
	c := newComputer(t)
	c.put(".claude.json", fmt.Sprintf("{\"tips\": %q}\n", strings.Repeat("x", 32<<10)))
	c.put(".claude/settings.json", "{}\n")
	before := c.files()
	cmd := exec.Command(os.Args[0], "-test.run=^TestConnect_endsWhileItWrites_leavesTheOldFile$")
	cmd.Env = append(os.Environ(), crashEnv+"="+c.Home)
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Fatalf("it wrote more than it may:\n%s", out)
	}
	after := c.files()
	for name := range after {
		if strings.HasPrefix(filepath.Base(name), "..claude.json.") { // a half-written file beside it
			delete(after, name)
		}
	}
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the files are %v", after)
	}
}

func connectWithLimit(t *testing.T, home string) {
	limit := syscall.Rlimit{Cur: 8 << 10, Max: 8 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip(err)
	}
	m := connect.Machine{Home: home, State: filepath.Join(home, "..", "state"), Program: "/parley",
		Getenv: func(string) string { return "" }, Sleep: func(time.Duration) {}}
	if err := os.MkdirAll(m.State, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Connect(connect.Options{Client: "claude-code", Server: server, Wake: true}); err != nil {
		t.Fatal(err)
	}
}
