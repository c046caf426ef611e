// Package parts brings the real parts that tests drive: programs that must be on
// the machine, and packages that are installed on first use into a cache outside
// the tree. Where a part is missing the test is skipped, or fails if CI=true.
package parts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// installTime bounds one installation, over a slow line.
const installTime = 8 * time.Minute

// Need returns the path of a program. Where it is missing the test is skipped,
// or fails if CI=true.
func Need(t testing.TB, name, why string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: real clients and tools are left out")
	}
	return Find(t, name, why)
}

// Find is Need for a small program that nearly every system has: its tests run with
// -short, too.
func Find(t testing.TB, name, why string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "%s is not installed: %s", name, why)
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

// Installed returns the folder of the cache in which install has put what the
// files name: name and a hash of them. Tests and processes that ask at once
// wait for one installation. A folder that is there is whole.
func Installed(t testing.TB, name string, files []string, install func(ctx context.Context, dir string) error) string {
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
		Missing(t, "%s cannot be installed into %s: %v", name, home, err)
	}
	return home
}

// Packages returns the folder in which npm has installed what package.json and
// package-lock.json in dir name.
func Packages(t testing.TB, name, dir, why string) string {
	t.Helper()
	npm := Need(t, "npm", why)
	files := []string{filepath.Join(dir, "package.json"), filepath.Join(dir, "package-lock.json")}
	return Installed(t, name, files, func(ctx context.Context, home string) error {
		for _, file := range files {
			if err := CopyFile(file, filepath.Join(home, filepath.Base(file))); err != nil {
				return err
			}
		}
		return Run(ctx, home, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	})
}

// GoProgram returns the folder with a program that the go command builds from a module.
func GoProgram(t testing.TB, name, path, version string) string {
	t.Helper()
	goCommand := Need(t, "go", "it builds "+name)
	return Installed(t, name+"-"+version, nil, func(ctx context.Context, dir string) error {
		build := exec.CommandContext(ctx, goCommand, "install", path+"@"+version)
		build.Dir, build.Env = dir, append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
}

// Run runs a program in dir and puts what it printed into its error.
func Run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

func installOnce(home string, install func(ctx context.Context, dir string) error) error {
	lock := flock.New(home + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer lock.Close() // which unlocks
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

// CopyFile copies the contents of a file.
func CopyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
