package parts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// installTime bounds one installation, over a slow line.
const installTime = 15 * time.Minute

// Part is what one program installs into the cache for the tests.
type Part struct {
	what    string
	size    string   // of what is fetched, about
	program string   // that installs it
	name    string   // of its folder, before a hash of the files
	files   []string // that say what it is, from the root of the module
	install func(ctx context.Context, program, root, dir string) error
}

// ClientsEnv asks for the tests of real clients beside the others. With ClientsOnly, which make
// test-clients sets, package e2e leaves the others out.
const (
	ClientsEnv  = "PARLEY_CLIENTS"
	ClientsOnly = "only"
)

// Modes returns the modes in which a test plays a claim: all of them in make waits, at night, and by day those named,
// which decide it. A comment at the call says what decides the others.
func Modes[T any](t testing.TB, all map[string]T, byDay ...string) map[string]T {
	t.Helper()
	if dynamolocal.Doubles() {
		return all
	}
	some := map[string]T{}
	for _, name := range byDay {
		mode, ok := all[name]
		if !ok {
			t.Fatalf("there is no mode %q", name)
		}
		some[name] = mode
	}
	return some
}

// The parts that are fetched.
var (
	Agents = packages("agents", "e2e/agents/clients", "Claude Code, Codex and Gemini CLI", "910 MB")
	Node   = packages("node", "e2e/clients/node",
		"the clients of MCP, A2A and webhooks in TypeScript, the inspector and the conformance suite", "390 MB")
	Axe = packages("browser", "e2e/browser", "axe-core, which judges the page", "4 MB")
	// Provider is one that the OpenID Foundation has certified.
	Provider = packages("provider", "e2e/internal/provider", "oidc-provider, at which people have accounts", "4 MB")
	Python   = wheels("python", "e2e/clients/python/requirements.txt", "the clients of MCP, A2A and webhooks in Python",
		"140 MB")
	ADK = wheels("adk", "e2e/clients/adk/requirements.txt", "Google's Agent Development Kit", "150 MB")
	// Caddy is the version that the recipe in deploy/self-hosted is tested with.
	Caddy = goProgram("caddy", "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9",
		"Caddy, which is compiled for some minutes", "190 MB")
	// Compose is the reference implementation of the Compose Specification, which reads the
	// file as docker compose does.
	Compose = goProgram("compose", "github.com/compose-spec/compose-go/v2/cmd@v2.16.2", "the reader of Compose files",
		"13 MB")
)

// Tools returns the parts that make test fetches.
func Tools() []*Part { return []*Part{Axe, Compose, Provider} }

// Clients returns the parts that make test-clients fetches.
func Clients() []*Part { return []*Part{Agents, Node, Python, ADK, Caddy} }

// packages is a part that npm installs from package.json and package-lock.json in a folder.
func packages(name, folder, what, size string) *Part {
	files := []string{folder + "/package.json", folder + "/package-lock.json"}
	return &Part{what, size, "npm", name, files, func(ctx context.Context, npm, root, dir string) error {
		// Without a network npm ci would try for many minutes.
		if err := run(ctx, dir, nil, npm, "ping", "--fetch-retries=0", "--fetch-timeout=20000",
			"--loglevel=error"); err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o644); err != nil {
				return err
			}
		}
		return run(ctx, dir, nil, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	}}
}

// goProgram is a part that the go command builds: a package at a version.
func goProgram(name, at, what, size string) *Part {
	_, version, _ := strings.Cut(at, "@")
	return &Part{what, size, "go", name + "-" + version, nil,
		func(ctx context.Context, goCommand, _, dir string) error {
			return run(ctx, dir, []string{"GOBIN=" + dir, "GOFLAGS="}, goCommand, "install", at)
		}}
}

// wheels is a part that pip installs into a virtual environment from a list.
func wheels(name, list, what, size string) *Part {
	return &Part{what, size, "python3", name, []string{list},
		func(ctx context.Context, python, root, dir string) error {
			if err := run(ctx, dir, nil, python, "-m", "venv", dir); err != nil {
				return err
			}
			// As a module, because the scripts of a virtual environment name the folder that they
			// were made in, and this one is renamed.
			return run(ctx, dir, nil, filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet",
				"--no-deps",
				"--only-binary", ":all:", "--require-hashes", "--requirement", filepath.Join(root, list))
		}}
}

// run runs a program in dir and puts what it printed into its error.
func run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// In returns the folder of the part. A folder that is there is whole.
func (p *Part) In(t testing.TB) string {
	t.Helper()
	if slices.Contains(Clients(), p) && os.Getenv(ClientsEnv) == "" {
		t.Skip("real clients: make test-clients plays them")
	}
	Need(t, p.program, "it fetches "+p.what)
	_, home, err := p.places()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home); err != nil {
		Missing(t, "%s: not fetched yet (%s); make fetch does so, once", p.what, p.size)
	}
	return home
}

// Fetch installs the part if it is not there yet, and says so before. Processes that ask at
// once wait for one installation.
func (p *Part) Fetch(ctx context.Context, say io.Writer) error {
	program, err := exec.LookPath(p.program)
	if err != nil {
		return notInstalled(p.program, "it fetches "+p.what)
	}
	root, home, err := p.places()
	if err != nil {
		return err
	}
	lock := flock.New(home + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer lock.Close() // which unlocks
	if _, err := os.Stat(home); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Fprintf(say, "Fetching %s: about %s, once, into %s\n", p.what, p.size, home)
	partial := home + ".partial"
	if err := os.RemoveAll(partial); err != nil { // of an installation that was cut short
		return err
	}
	if err := os.Mkdir(partial, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	if err := p.install(ctx, program, root, partial); err != nil {
		return fmt.Errorf("%s cannot be fetched: %w", p.what, err)
	}
	return os.Rename(partial, home)
}

// places returns the root of the module, and the folder of the part.
func (p *Part) places() (root, home string, err error) {
	cache, err := cacheRoot()
	if err != nil {
		return "", "", err
	}
	root, err = moduleRoot()
	if err != nil {
		return "", "", err
	}
	sum := sha256.New()
	for _, file := range p.files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return "", "", err
		}
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	return root, filepath.Join(cache, fmt.Sprintf("%s-%x", p.name, sum.Sum(nil)[:6])), nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, found := os.Stat(filepath.Join(dir, "go.mod")); found == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// cacheRoot is where what is fetched is kept: PARLEY_TEST_CACHE, or parley in the user's
// cache.
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
