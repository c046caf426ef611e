// Package s3local runs versitygw for tests: a gateway that speaks S3 over a folder, on the loopback
// interface only. It refuses what S3 refuses: wrong signatures, digests, sizes and times. Only tests import
// it. make fetch has the go command build it once, into a cache outside the tree.
package s3local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/engine"
)

const (
	version = "v1.8.0"
	module  = "github.com/versity/versitygw/cmd/versitygw@" + version

	// The engine, for people.
	what, size = "versitygw, a server that speaks S3, which is compiled for a minute", "110 MB"
)

// What the engine takes. It has one account, and any session token passes.
const (
	Region          = "eu-west-1"
	AccessKeyID     = "local"
	SecretAccessKey = "local"
)

// patience bounds the first use, which in CI may compile the engine.
const patience = 15 * time.Minute

// Fetch returns the folder of the engine, and first has the go command build it if it is missing, which it
// says.
func Fetch(ctx context.Context) (dir string, err error) {
	dir, err = folder()
	if err != nil {
		return "", err
	}
	return dir, engine.Fetch(ctx, dir, what, size, func(partial string) error {
		cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags=-s -w", module)
		cmd.Env = append(os.Environ(), "GOBIN="+partial, "GOFLAGS=", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: the go command could not build %s: %w\n%s", engine.ErrMissing, module, err, out)
		}
		return nil
	})
}

func folder() (string, error) {
	cache, err := engine.CacheDir()
	return filepath.Join(cache, "versitygw-"+version), err
}

// Server is a running engine with one bucket.
type Server struct {
	Endpoint string // such as http://127.0.0.1:40123
	Bucket   string

	objects string // the folder of the bucket
}

// Start starts an engine with an empty bucket, which ends with the test, even if the process is killed. It
// skips the test if the engine was not fetched. With CI=true it fetches it, or fails.
func Start(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir, err := folder()
	if _, missing := exec.LookPath("sh"); missing != nil { // which engine.Serve runs
		err = fmt.Errorf("%w: there is no shell", engine.ErrMissing)
	}
	if err == nil {
		err = engine.Fetched(dir, "versitygw", size)
	}
	if err != nil && engine.Strict() {
		_, err = Fetch(ctx)
	}
	switch {
	case errors.Is(err, engine.ErrMissing) && !engine.Strict():
		t.Skipf("SKIPPED, NOT TESTED: a bucket: %v", err)
	case err != nil:
		t.Fatalf("versitygw is required: %v", err)
	}
	s := &Server{Bucket: "parley-" + strings.ToLower(rand.Text())}
	data := t.TempDir()
	s.objects = filepath.Join(data, "buckets", s.Bucket)
	meta := filepath.Join(data, "meta") // beside the objects, since not every file system has attributes
	for _, folder := range []string{s.objects, meta} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	running, err := engine.OnFreePort(ctx, dir+".start.lock", func(addr string) (*engine.Server, error) {
		return engine.Serve(ctx, "versitygw", addr, filepath.Join(dir, "versitygw"), "--port", addr,
			"--access", AccessKeyID, "--secret", SecretAccessKey, "--region", Region, "--keep-alive", "--quiet",
			"posix", "--sidecar", meta, filepath.Dir(s.objects))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	s.Endpoint = running.Endpoint
	return s
}

// Objects returns the bytes of each object in the bucket by its key, as they are on the disk, with those
// that are not complete.
func (s *Server) Objects(t testing.TB) map[string][]byte {
	t.Helper()
	objects := map[string][]byte{}
	err := filepath.WalkDir(s.objects, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil // deleted meanwhile, or a folder
		}
		if err != nil {
			return err
		}
		key, err := filepath.Rel(s.objects, path)
		if err != nil {
			return err
		}
		objects[filepath.ToSlash(key)], err = os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			delete(objects, filepath.ToSlash(key))
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// Lose deletes all objects behind the engine's back, as a lifecycle does.
func (s *Server) Lose(t testing.TB) {
	t.Helper()
	for key := range s.Objects(t) {
		if err := os.Remove(filepath.Join(s.objects, filepath.FromSlash(key))); err != nil {
			t.Fatal(err)
		}
	}
}
