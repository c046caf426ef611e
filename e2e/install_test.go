package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// installTime bounds one installation, over a slow line.
const installTime = 8 * time.Minute

// node is the folder in which the packages of clients/node are installed.
type node string

// installNode installs the packages of clients/node. On Linux a Node that is
// new enough for them is one of these; elsewhere it must be in the PATH.
func installNode(t *testing.T) node {
	t.Helper()
	npm := need(t, "npm", "the clients in TypeScript, the inspector and the conformance suite need it")
	home := node(installed(t, "node", []string{"clients/node/package.json", "clients/node/package-lock.json"},
		func(ctx context.Context, dir string) error {
			for _, file := range []string{"package.json", "package-lock.json"} {
				if err := copyFile(filepath.Join("clients", "node", file), filepath.Join(dir, file)); err != nil {
					return err
				}
			}
			return run(ctx, dir, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		}))
	const isNew = "const [major, minor] = process.versions.node.split('.'); process.exit(major > 22 || (major == 22 && minor >= 19) ? 0 : 1)"
	if err := home.command("node", "-e", isNew).Run(); err != nil {
		missing(t, "Node 22.19 or newer is not installed: the inspector and the conformance suite need it")
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
	python := need(t, "python3", "the client in Python needs it")
	list, err := filepath.Abs("clients/python/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	home := installed(t, "python", []string{list}, func(ctx context.Context, dir string) error {
		if err := run(ctx, dir, python, "-m", "venv", dir); err != nil {
			return err
		}
		// As a module, because the scripts of a virtual environment name the
		// folder that they were made in, and this one is renamed.
		return run(ctx, dir, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", list)
	})
	return filepath.Join(home, "bin", "python")
}

// need returns the path of a program. Where it is missing the test is skipped,
// or fails if CI=true.
func need(t *testing.T, name, why string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: real clients and tools are left out")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "%s is not installed: %s", name, why)
	}
	return path
}

// missing skips the test, or fails it if CI=true.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf("SKIPPED, NOT TESTED: "+format, args...)
}

// installed returns the folder of the cache in which install has put what the
// files name: name and a hash of them. Tests and processes that ask at once
// wait for one installation. A folder that is there is whole.
func installed(t *testing.T, name string, files []string, install func(ctx context.Context, dir string) error) string {
	t.Helper()
	root, err := cacheRoot()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	home := filepath.Join(root, fmt.Sprintf("%s-%x", name, sum.Sum(nil)[:6]))
	if err := installOnce(home, install); err != nil {
		t.Fatalf("install %s into %s: %v", name, home, err)
	}
	return home
}

func installOnce(home string, install func(ctx context.Context, dir string) error) error {
	lock, err := os.OpenFile(home+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // which unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(home); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	partial := home + ".partial"
	if err := os.RemoveAll(partial); err != nil { // of an installation that was cut short
		return err
	}
	if err := os.Mkdir(partial, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTime)
	defer cancel()
	if err := install(ctx, partial); err != nil {
		return err
	}
	return os.Rename(partial, home)
}

// cacheRoot is where the tests keep what they fetch: PARLEY_TEST_CACHE, or
// parley in the user's cache.
func cacheRoot() (string, error) {
	root := os.Getenv("PARLEY_TEST_CACHE")
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("set PARLEY_TEST_CACHE to a folder: %w", err)
		}
		root = filepath.Join(user, "parley")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	return root, os.MkdirAll(root, 0o755)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// run runs a program in dir and puts what it printed into its error.
func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
