package lambdatest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// sleepers deploys a function whose calls last as long as they ask.
func sleepers(t *testing.T, most int) *lambdatest.Fleet {
	t.Helper()
	return lambdatest.Deploy(t, lambdatest.Program{Path: build(t, "internal/testkit/lambdatest/testdata/sleeper")},
		most)
}

// asleep is a call of a sleeper whose answer has begun.
type asleep struct {
	status int
	pid    string
	rest   *bufio.Reader
	close  func() error
}

// sleep calls a sleeper and returns when the answer has begun.
func sleep(t *testing.T, client *http.Client, url string, d time.Duration) asleep {
	t.Helper()
	resp, err := client.Post(url, "text/plain", strings.NewReader(d.String()))
	if err != nil {
		t.Fatal(err)
	}
	s := asleep{status: resp.StatusCode, rest: bufio.NewReader(resp.Body), close: resp.Body.Close}
	if s.status == http.StatusOK {
		s.pid, err = s.rest.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// end returns what follows, which is the number of answers of the process.
func (s asleep) end() (string, error) {
	rest, err := io.ReadAll(s.rest)
	return strings.TrimSpace(string(rest)), errors.Join(err, s.close())
}

const anyURL = "https://any.example/"

// rested returns when the process of an instance is frozen.
func rested(t *testing.T, i *lambdatest.Instance) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED, NOT TESTED: the state of a process is read from /proc")
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(i.PID()), "stat"))
		if err != nil {
			t.Fatal(err)
		}
		if _, state, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(state, "T") {
			return
		}
	}
	t.Fatal("the instance is not frozen")
}

func TestFleet_betweenInvocations_oneInstanceIsFrozenAndGoesOn(t *testing.T) {
	t.Parallel()
	f := sleepers(t, 2)
	client := f.FunctionURL(lambdatest.First)
	var pids [2]string
	for k := range pids {
		s := sleep(t, client, anyURL, 0)
		if answers, err := s.end(); err != nil || answers != fmt.Sprint(k+1) {
			t.Errorf("call %d: answer %q, %v", k, answers, err)
		}
		pids[k] = s.pid
		rested(t, f.Instance(0))
	}
	if pids[0] != pids[1] || f.Started() != 1 {
		t.Errorf("calls one after the other met the processes %q, %d started", pids, f.Started())
	}
}

func TestFleet_allInstancesBusy_refusesWith429(t *testing.T) {
	t.Parallel()
	f := sleepers(t, 2)
	one := sleep(t, f.FunctionURL(lambdatest.First), anyURL, time.Hour)
	two := sleep(t, f.FunctionURL(lambdatest.AtRandom(rand.New(rand.NewPCG(1, 2)))), anyURL, time.Hour)
	if one.pid == two.pid || f.Started() != 2 {
		t.Errorf("two calls at once met %q and %q, %d started", one.pid, two.pid, f.Started())
	}
	for _, choice := range []lambdatest.Choice{lambdatest.First, lambdatest.AtRandom(rand.New(rand.NewPCG(3, 4)))} {
		if s := sleep(t, f.FunctionURL(choice), anyURL, 0); s.status != http.StatusTooManyRequests {
			t.Errorf("a third call: %d", s.status)
		}
	}
	f.Kill(1)
	if _, err := two.end(); err == nil {
		t.Error("the answer of a killed instance is complete")
	}
	s := sleep(t, f.FunctionURL(lambdatest.Only(1)), anyURL, 0)
	if answers, err := s.end(); err != nil || s.pid == two.pid || answers != "1" {
		t.Errorf("after a kill: process %q, answer %q, %v", s.pid, answers, err)
	}
}

func TestFleet_deadline_killsAndStartsAnother(t *testing.T) {
	t.Parallel()
	f := sleepers(t, 1)
	f.Timeout = 2 * time.Second
	late := sleep(t, f.FunctionURL(lambdatest.First), anyURL, time.Hour)
	old := f.Instance(0)
	if _, err := late.end(); !errors.Is(err, lambdatest.ErrTimedOut) && !errors.Is(err, lambdatest.ErrExited) {
		t.Errorf("the late answer: %v", err)
	}
	if code := old.Wait(); code != -1 {
		t.Errorf("exit code %d, want a kill", code)
	}
	f.Settle()
	f.Timeout = time.Minute
	s := sleep(t, f.FunctionURL(lambdatest.First), anyURL, 0)
	if answers, err := s.end(); err != nil || s.pid == late.pid || answers != "1" {
		t.Errorf("the next call: process %q, answer %q, %v", s.pid, answers, err)
	}
}

func TestFleet_clientLeaves_instanceWorksOn(t *testing.T) {
	t.Parallel()
	f := sleepers(t, 1)
	server := httptest.NewServer(f.Handler(lambdatest.First))
	defer server.Close()
	s := sleep(t, server.Client(), server.URL, time.Second)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if busy := sleep(t, server.Client(), server.URL, 0); busy.status != http.StatusTooManyRequests {
		t.Errorf("the instance took another call: %d", busy.status)
	}
	f.Settle()
	again := sleep(t, server.Client(), server.URL, 0)
	if answers, err := again.end(); err != nil || again.pid != s.pid || answers != "2" {
		t.Errorf("process %q, then %q, answer %q, %v", s.pid, again.pid, answers, err)
	}
}

// What was made after the function may wait for an answer until it ends.
func TestFleet_instanceThatStartsLate_endsWithTheFunction(t *testing.T) {
	t.Parallel()
	f := sleepers(t, 1)
	t.Cleanup(func() {
		if err := syscall.Kill(f.Instance(0).PID(), 0); err != nil {
			t.Errorf("the instance has ended: %v", err)
		}
	})
	s := sleep(t, f.FunctionURL(lambdatest.First), anyURL, 0)
	if _, err := s.end(); err != nil {
		t.Fatal(err)
	}
}
