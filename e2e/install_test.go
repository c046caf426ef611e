package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// A person types make first, before anything is installed.
func TestMake_alone_needsNothingButAShell(t *testing.T) {
	maker := parts.Need(t, "make", "it lists its targets")
	cmd := exec.CommandContext(t.Context(), maker)
	cmd.Dir, cmd.Env = "..", []string{"PATH=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\n  make test          run what a change needs") ||
		!strings.Contains(string(out), "\n  make deploy        ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// node is the folder in which the packages of clients/node are installed.
type node string

// installNode returns the packages of clients/node. On Linux a Node that is
// new enough for them is one of these; elsewhere it must be in the PATH.
func installNode(t *testing.T) node {
	t.Helper()
	drivesClients(t)
	home := node(parts.Node.In(t))
	const isNew = "const [major, minor] = process.versions.node.split('.'); process.exit(major > 22 || (major == 22 " +
		"&& minor >= 19) ? 0 : 1)"
	if err := home.command("node", "-e", isNew).Run(); err != nil {
		parts.Missing(t, "Node 22.19 or newer is not installed: the inspector and the conformance suite need it")
	}
	return home
}

// command is a call of one of the packages' programs, Node itself included.
func (n node) command(name string, args ...string) *exec.Cmd {
	modules := filepath.Join(string(n), "node_modules")
	bin := filepath.Join(modules, ".bin")
	if _, err := os.Stat(filepath.Join(bin, name)); err == nil {
		name = filepath.Join(bin, name)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return cmd
}

// installPython returns the Python of a virtual environment with the packages
// of clients/python.
func installPython(t *testing.T) string {
	t.Helper()
	drivesClients(t)
	return filepath.Join(parts.Python.In(t), "bin", "python")
}
