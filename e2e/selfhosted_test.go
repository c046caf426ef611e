package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/e2e/internal/process"
)

// selfHosted returns a file of the recipe for one's own server.
func selfHosted(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../deploy/self-hosted", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unitSettings returns the environment that the systemd unit gives the program, but for
// where it listens and where the rooms are.
func unitSettings(t *testing.T) []string {
	t.Helper()
	var env []string
	for line := range strings.Lines(selfHosted(t, "parley.service")) {
		if pair, found := strings.CutPrefix(strings.TrimSpace(line), "Environment="); found &&
			!strings.Contains(pair, "_ADDR=") && !strings.Contains(pair, "_DATA=") {
			env = append(env, pair)
		}
	}
	for line := range strings.Lines(selfHosted(t, "parley.env")) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			env = append(env, line)
		}
	}
	if len(env) < 2 {
		t.Fatalf("the unit sets only %q", env)
	}
	return env
}

func TestUnit_isUnderstoodAndLocksTheProgramIn(t *testing.T) {
	analyze := parts.Need(t, "systemd-analyze", "it reads the unit as systemd does")
	const path = "/usr/local/bin/parley"
	text := selfHosted(t, "parley.service")
	if !strings.Contains(text, "ExecStart="+path+" ") {
		t.Fatal("the unit does not start " + path)
	}
	unit := filepath.Join(t.TempDir(), "parley.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, path, os.Getenv(process.BinaryEnv))),
		0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// 20 of 100: what remains is the network on the loopback, and the host's own files.
	if out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=20",
		unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

func TestCompose_isValidAndShowsTheProxyAlone(t *testing.T) {
	reader := filepath.Join(parts.Compose.In(t), "cmd")
	dir, err := filepath.Abs("../deploy/self-hosted")
	if err != nil {
		t.Fatal(err)
	}
	read := exec.Command(reader, "-no-interpolation", "-format", "json", "compose.yaml")
	read.Dir = dir
	var complaints strings.Builder
	read.Stderr = &complaints
	out, err := read.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &complaints)
	}
	var model composeModel
	if err := json.Unmarshal(out, &model); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	server, proxy := model.Services["parley"], model.Services["caddy"]
	if len(server.Ports) != 0 || len(proxy.Ports) != 3 {
		t.Errorf("parley publishes %v and caddy %v, want the ports of caddy alone", server.Ports, proxy.Ports)
	}
	if !slices.ContainsFunc(proxy.Volumes, func(v composeVolume) bool {
		return v.Source == filepath.Join(dir, "Caddyfile")
	}) {
		t.Errorf("caddy mounts %v, not the Caddyfile", proxy.Volumes)
	}
	help, _ := parley(t, "serve", "--help")
	for name := range server.Environment {
		if !strings.Contains(help, "$"+name) {
			t.Errorf("the program has no setting %s", name)
		}
	}
	if len(server.Environment) < 3 {
		t.Errorf("the program has only the settings %v", server.Environment)
	}
}

// composeModel is what the test looks at.
type composeModel struct {
	Services map[string]struct {
		Environment map[string]any  `json:"environment"`
		Ports       []any           `json:"ports"`
		Volumes     []composeVolume `json:"volumes"`
	} `json:"services"`
}

type composeVolume struct {
	Source string `json:"source"`
}
