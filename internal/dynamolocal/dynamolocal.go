// Package dynamolocal runs DynamoDB Local for tests: Amazon's own engine, on the
// loopback interface only, in memory. Only tests, benchmarks and
// scripts/dynamodb-local import it.
//
// Its license forbids redistribution, so it is not in the tree: Maven fetches
// what pom.xml lists, once, into a cache outside of it.
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
	// EndpointEnv names an engine that runs already; then nothing is started.
	EndpointEnv = "PARLEY_TEST_DYNAMODB_ENDPOINT"
	// CacheEnv names the folder to fetch into, in place of the user's cache.
	CacheEnv = "PARLEY_TEST_CACHE"
)

// ErrMissing says that this machine lacks what it takes to run the engine, and what.
var ErrMissing = errors.New("dynamolocal: a part is missing")

// patience bounds what a first use may take: a fetch on a slow line, and the
// starts of other test processes that are waited for.
const patience = 5 * time.Minute

// shared is the one engine of this process, whichever tests ask for it: a start
// takes a second and some hundred megabytes. Its end is that of the process, for
// Go tells nobody when the last test is over.
var shared = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir, err := Fetch(ctx)
	if err != nil {
		return nil, err
	}
	return startFree(ctx, dir)
})

// Start returns the address of a running engine, as in "http://127.0.0.1:40123".
// The first call in a process fetches the engine where it must and starts it;
// all tests of the process share it, so each takes a table name of its own. The
// engine ends with the process, however that ends.
//
// Any key of letters and digits passes as credentials. Where the engine cannot
// be had, and with -short, the test is skipped; if the environment says CI=true
// it fails for the first and takes no notice of the second.
func Start(t testing.TB) string {
	t.Helper()
	if endpoint := os.Getenv(EndpointEnv); endpoint != "" {
		return endpoint
	}
	strict := os.Getenv("CI") == "true"
	if testing.Short() && !strict {
		t.Skipf("SKIPPED, NOT TESTED: %s against DynamoDB Local: -short", t.Name())
	}
	server, err := shared()
	switch {
	case err == nil:
		return server.Endpoint
	case errors.Is(err, ErrMissing) && !strict:
		t.Skipf("SKIPPED, NOT TESTED: %s against DynamoDB Local: %v", t.Name(), err)
	default:
		t.Fatalf("DynamoDB Local is needed here: %v", err)
	}
	return ""
}

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
