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
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/engine"
)

const (
	// EndpointEnv is the address of a running engine. If set, none is started.
	EndpointEnv = "PARLEY_TEST_DYNAMODB_ENDPOINT"
	// CacheEnv is the folder to download into, instead of the user's cache.
	CacheEnv = engine.CacheEnv
)

// ErrMissing means that this machine cannot run the engine. The error that wraps
// it says what is missing.
var ErrMissing = engine.ErrMissing

// patience bounds the first use, which in CI may download on a slow line, and wait for
// other test processes that start an engine.
const patience = 5 * time.Minute

// shared starts the engine that all tests of the process share, because a start
// takes a second and some hundred megabytes. It ends with the process, since Go
// has no hook for the end of the last test.
var shared = sync.OnceValues(func() (*engine.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return Launch(ctx)
})

// Launch starts an engine on a free port of the loopback. It ends with the process. ErrMissing
// means that this machine cannot run it, or has not fetched it; with CI=true Launch fetches it.
func Launch(ctx context.Context) (*engine.Server, error) {
	dir, err := fetched(ctx)
	if engine.Strict() && dir != "" {
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
	case errors.Is(err, ErrMissing) && !engine.Strict():
		t.Skipf("SKIPPED, NOT TESTED: DynamoDB Local: %v", err)
	default:
		t.Fatalf("DynamoDB Local is required: %v", err)
	}
	return ""
}

// startFree starts an engine on a free port.
func startFree(ctx context.Context, dir string) (*engine.Server, error) {
	return engine.OnFreePort(ctx, filepath.Join(filepath.Dir(dir), "dynamodb-local.start.lock"),
		func(addr string) (*engine.Server, error) { return Serve(ctx, dir, addr) })
}

// Serve starts the engine of the folder that Fetch returned on addr, as in
// "127.0.0.1:8000", and returns when it answers, within a minute. Its tables live
// in memory. It accepts any credentials, so it should be reachable from this
// machine only.
func Serve(ctx context.Context, dir, addr string) (*engine.Server, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	lib := filepath.Join(dir, "lib")
	return engine.Serve(ctx, what, addr, "java",
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", // a third of the memory, and a faster start
		"-Djava.library.path="+lib, "-cp", filepath.Join(lib, "*"),
		"org.eclipse.jetty.xml.XmlConfiguration", "host="+host, "port="+port, filepath.Join(dir, configurationFile))
}
