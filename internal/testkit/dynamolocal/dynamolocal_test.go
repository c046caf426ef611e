package dynamolocal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/engine"
)

// ownerEnv makes the test binary an owner of an engine, which a test kills.
const ownerEnv = "PARLEY_TEST_DYNAMODB_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerEnv) != "" {
		own()
	}
	os.Exit(m.Run())
}

// own starts an engine, prints its address and runs until it is killed.
func own() {
	server, err := shared()
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(server.Endpoint)
	_ = server.Wait(context.Background())
	os.Exit(1)
}

func TestStart_calledTwice_returnsOneEngineThatAnswers(t *testing.T) {
	first, second := Start(t), Start(t)
	if first != second {
		t.Fatalf("two engines, %s and %s", first, second)
	}
	if !engine.Answers(t.Context(), first) {
		t.Fatalf("%s does not answer", first)
	}
}

func TestStart_endpointInEnvironment_isReturned(t *testing.T) {
	t.Setenv(EndpointEnv, "http://127.0.0.1:1")
	if got := Start(t); got != "http://127.0.0.1:1" {
		t.Fatalf("Start gave %q", got)
	}
}

func TestStart_javaMissing_skipsLoudlyButFailsInCI(t *testing.T) {
	for ci, fails := range map[string]bool{"": false, "true": true} {
		again := exec.Command(os.Args[0], "-test.v", "-test.run=^TestStart_calledTwice_returnsOneEngineThatAnswers$")
		again.Env = append(os.Environ(), EndpointEnv+"=", "PATH="+t.TempDir(), "CI="+ci)
		out, err := again.CombinedOutput()
		if (err != nil) != fails || !strings.Contains(string(out), "Java 17") {
			t.Errorf("with CI=%q: %v\n%s", ci, err, out)
		}
		if !fails && !strings.Contains(string(out), "SKIPPED, NOT TESTED: DynamoDB Local") {
			t.Errorf("it does not say what it skips:\n%s", out)
		}
	}
}

// Nobody waits for minutes without a word: a person fetches by make fetch.
func TestStart_notFetchedYet_skipsAndNamesTheCommand(t *testing.T) {
	Start(t) // skips without Java
	again := exec.Command(os.Args[0], "-test.v", "-test.run=^TestStart_calledTwice_returnsOneEngineThatAnswers$")
	again.Env = append(os.Environ(), EndpointEnv+"=", CacheEnv+"="+t.TempDir(), "CI=")
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "make fetch does so, once") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStart_ownerKilled_engineEndsToo(t *testing.T) {
	Start(t) // skips without the engine
	t.Setenv(EndpointEnv, "")
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerEnv+"=1")
	stdout, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint := strings.TrimSpace(line)
	if err != nil || !engine.Answers(t.Context(), endpoint) {
		t.Fatalf("the owner's engine at %q does not answer: %v", endpoint, err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // "signal: killed", as wanted
	await(t, "the engine to end", func() bool { return !engine.Answers(t.Context(), endpoint) })
}

func TestServe_portTaken_errorSaysSo(t *testing.T) {
	Start(t)
	dir, err := Fetch(t.Context())
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: Serve on a taken port: %v", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = Serve(t.Context(), dir, taken.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Fatalf("Serve on a taken port: %v", err)
	}
}

// The whole of 127.0.0.0/8 is this machine on Linux, so 127.0.0.2 stands for its
// other addresses: an engine that listens on all of them answers there.
func TestStart_engine_listensOnOneAddressOnly(t *testing.T) {
	endpoint, err := url.Parse(Start(t))
	if err != nil {
		t.Fatal(err)
	}
	if host := endpoint.Hostname(); os.Getenv(EndpointEnv) == "" && host != "127.0.0.1" {
		t.Errorf("the engine is on %s", host)
	}
	if other := "http://127.0.0.2:" + endpoint.Port(); engine.Answers(t.Context(), other) {
		t.Errorf("%s answers, too", other)
	}
}

func TestFetch_javaMissing_namesIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Fetch(t.Context()); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "Java") {
		t.Fatalf("Fetch without Java: %v", err)
	}
}

func TestFetch_mavenMissing_namesIt(t *testing.T) {
	tools(t, map[string]string{"java": "exit 0"})
	if _, err := Fetch(t.Context()); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "Maven") {
		t.Fatalf("Fetch without Maven: %v", err)
	}
}

func TestFetch_mavenFails_leavesNoFolder(t *testing.T) {
	tools(t, map[string]string{"java": "exit 0", "mvn": "echo no network; exit 1"})
	for range 2 {
		dir, err := Fetch(t.Context())
		if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no network") {
			t.Fatalf("Fetch with a failing Maven: %v", err)
		}
		if engine.Fetched(dir, what, size) == nil {
			t.Fatalf("%s exists after a failed download", dir)
		}
	}
}

func TestFetch_concurrentCalls_downloadOnce(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	tools(t, map[string]string{"java": "exit 0", "mvn": "echo run >>" + runs})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if dir, err := Fetch(t.Context()); err != nil || engine.Fetched(dir, what, size) != nil {
				t.Errorf("Fetch gave %q, %v", dir, err)
			}
		})
	}
	wg.Wait()
	if got, err := os.ReadFile(runs); err != nil || string(got) != "run\n" {
		t.Fatalf("Maven ran %q, %v", got, err)
	}
}

func tools(t *testing.T, scripts map[string]string) {
	t.Helper()
	bin := t.TempDir()
	for name, body := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv(CacheEnv, t.TempDir())
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
		<-tick.C
	}
}
