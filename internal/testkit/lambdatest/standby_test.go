package lambdatest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// standBy waits for an agent without MCP, and returns the status and the result of
// the answer.
func standBy(t *testing.T, client *http.Client, token string) (int, result) {
	t.Helper()
	resp, err := client.Do(standbyRequest(t, token, 100))
	if err != nil {
		t.Error(err)
		return 0, result{}
	}
	text, err := readAll(resp)
	if err != nil {
		t.Error(err)
	}
	r, err := decodeStandby(text)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, r
}

// standbyRequest returns the request of a wait without MCP.
func standbyRequest(t *testing.T, token string, seconds int) *http.Request {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"https://"+lambdatest.FunctionURLHost+"/v1/wait?wait_seconds="+strconv.Itoa(seconds), nil)
	if err != nil {
		t.Error(err) // never: the URL is valid
	}
	q.Header.Set("Authorization", "Bearer "+token)
	return q
}

// decodeStandby reads the result from an answer.
func decodeStandby(answer string) (r result, err error) {
	if err := json.Unmarshal([]byte(answer), &r); err != nil {
		return r, fmt.Errorf("%w in %q", err, answer)
	}
	return r, nil
}

func TestBootstrap_standby_endsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0)
	for name, client := range map[string]*http.Client{"Function URL": i.FunctionURL(), "HTTP API": i.HTTPAPI()} {
		i.Timeout = time.Minute
		alice := join(t, client, "room", "Alice")
		i.Timeout = 6 * time.Second
		began := time.Now()
		status, r := standBy(t, client, alice.AgentToken)
		if left := i.Timeout - time.Since(began); status != http.StatusRequestTimeout || r.Status != "quiet" ||
			left < 0 || left > 5*time.Second {
			t.Errorf("%s: %d %+v with %v left", name, status, r, left)
		}
		i.Timeout = time.Minute
		call(t, client, "leave_room", args{"agent_token": alice.AgentToken})
		if status, r := standBy(t, client, alice.AgentToken); status != http.StatusGone || r.Code != "removed" {
			t.Errorf("%s: after leaving %d %+v", name, status, r)
		}
	}
}

func TestBootstrap_standbyAtSIGTERM_is503(t *testing.T) {
	i := deploy(t).start(2)
	alice := join(t, i.FunctionURL(), "room", "Alice")
	bob := join(t, i.FunctionURL(), "room", "Bob")
	ended := make(chan int, 1)
	go func() {
		status, _ := standBy(t, i.FunctionURL(), bob.AgentToken)
		ended <- status
	}()
	awaitPresence(t, i, alice, "Bob")
	i.Signal(syscall.SIGTERM)
	if status := <-ended; status != http.StatusServiceUnavailable {
		t.Errorf("the wait was answered with %d", status)
	}
	if code := i.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// awaitPresence returns when one of the others in the room is not silent.
func awaitPresence(t *testing.T, i *lambdatest.Instance, seat result, name string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		info := call(t, i.FunctionURL(), "room_info", args{"agent_token": seat.AgentToken})
		for _, a := range info.Room.Agents {
			if a.Name == name && a.State != "silent" {
				return
			}
		}
	}
	t.Fatalf("%s is still silent", name)
}
