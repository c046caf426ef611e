package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// With a standby that runs, the nudge that doctor gets is that of this process.
func TestDoctor_standbyRuns_wakesTheDoctor(t *testing.T) {
	home := onNewMachine(t)
	p := start(t)
	ann := talk{t, openGo(t, p.url, legacyProtocol)}.join("den", "Ann")
	seats := filepath.Join(home, ".local", "state", "parley", "seats.json")
	content := fmt.Sprintf(`{"seats":[{"server":%q,"room":"den","name":"Ann","token":%q,"wake":{"client":"claude-code","session":"idle","pid":%d}}]}`,
		strings.TrimSuffix(p.url, "/mcp"), ann.token, os.Getpid())
	if err := os.MkdirAll(filepath.Dir(seats), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(seats, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	standby := exec.Command(os.Getenv(process.BinaryEnv), "standby", "--json")
	said := &process.Output{}
	standby.Env, standby.Stdout, standby.Stderr = process.Environment(), said, said
	if err := standby.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = standby.Process.Kill()
		_ = standby.Wait()
		if t.Failed() {
			t.Logf("standby said:\n%s", said)
		}
	})
	await(t, "the standby waits for Ann", func() bool { return strings.Contains(said.String(), `"event":"watching"`) })
	all, _ := examine(t, p.url, "--wait", "1s")
	if f := all.of("standby"); f.Level != "ok" || !strings.Contains(f.What, "remembered for it: 1 seat") {
		t.Errorf("of the standby it says %+v", f)
	}
	if f := all.of("nudge"); f.Level != "ok" || f.Seconds > 3 {
		t.Errorf("of the nudge it says %+v", f)
	}
	if !strings.Contains(said.String(), `"event":"woken"`) {
		t.Error("it was not the standby that woke it")
	}
	left, err := os.ReadFile(seats)
	if err != nil || strings.Count(string(left), `"token"`) != 1 || !strings.Contains(string(left), ann.token) {
		t.Errorf("the seats are %s %v, want Ann's alone", left, err)
	}
}
