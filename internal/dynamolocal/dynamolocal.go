// Package dynamolocal runs DynamoDB Local for tests: Amazon's own engine, on the
// loopback interface only, in memory. Only tests, benchmarks and
// scripts/dynamodb-local import it.
//
// Its license forbids redistribution, so it is not in the tree: make fetch has Maven
// fetch what pom.xml lists, once, into a cache outside of it.
package dynamolocal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	// EndpointEnv is the address of a running engine. If set, none is started.
	EndpointEnv = "PARLEY_TEST_DYNAMODB_ENDPOINT"
	// CacheEnv is the folder to download into, instead of the user's cache.
	CacheEnv = "PARLEY_TEST_CACHE"
)

// ErrMissing means that this machine cannot run the engine. The error that wraps
// it says what is missing.
var ErrMissing = errors.New("DynamoDB Local lacks a part")

// patience bounds the first use, which in CI may download on a slow line, and wait for
// other test processes that start an engine.
const patience = 5 * time.Minute

// shared starts the engine that all tests of the process share, because a start
// takes a second and some hundred megabytes. It ends with the process, since Go
// has no hook for the end of the last test.
var shared = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return Launch(ctx)
})

// Launch starts an engine on a free port of the loopback. It ends with the process. ErrMissing
// means that this machine cannot run it, or has not fetched it; with CI=true Launch fetches it.
func Launch(ctx context.Context) (*Server, error) {
	_, dir, err := fetched(ctx)
	if strict() && dir != "" {
		dir, err = Fetch(ctx)
	}
	if err != nil {
		return nil, err
	}
	return startFree(ctx, dir)
}

// Start returns the address of a running engine, such as "http://127.0.0.1:40123".
// The first call in a process starts the engine. All tests of the process share it,
// so each must use its own table name. The engine ends with the process, even if the
// process is killed.
//
// The engine accepts any letters and digits as credentials. Start skips the test
// if the engine is unavailable. With CI=true in the environment it downloads the
// engine if necessary, and fails the test if the engine is unavailable.
func Start(t testing.TB) string {
	t.Helper()
	if endpoint := os.Getenv(EndpointEnv); endpoint != "" {
		return endpoint
	}
	server, err := shared()
	switch {
	case err == nil:
		return server.Endpoint
	case errors.Is(err, ErrMissing) && !strict():
		t.Skipf("SKIPPED, NOT TESTED: %v", err)
	default:
		t.Fatalf("DynamoDB Local is required: %v", err)
	}
	return ""
}

// strict reports whether a missing engine is a failure.
func strict() bool { return os.Getenv("CI") == "true" }

// startFree starts an engine on a free port. Only one process does so at a time:
// two processes that found the same port free would share the engine of the one
// that ends first.
func startFree(ctx context.Context, dir string) (*Server, error) {
	unlock, err := lock(ctx, filepath.Join(filepath.Dir(dir), "dynamodb-local.start.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	var failures []error
	for range 3 {
		addr, err := freeAddr()
		if err != nil {
			return nil, err
		}
		server, err := Serve(ctx, dir, addr)
		if err == nil {
			return server, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}
