package lambdatest_test

import (
	"net/http"
	"testing"
	"time"
)

// peekOnce looks in as a program on standby does that asks for a wait.
func peekOnce(t *testing.T, client *http.Client, seat result) (*http.Response, result) {
	t.Helper()
	q := standbyRequest(t, seat.AgentToken, 100)
	q.URL.RawQuery += "&peek=1&cursor=" + seat.Cursor
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readAll(resp)
	if err != nil {
		t.Fatal(err)
	}
	r, err := decodeStandby(text)
	if err != nil {
		t.Fatal(err)
	}
	return resp, r
}

func TestBootstrap_standbyThatPeeks_looksInAtOnce(t *testing.T) {
	i := deploy(t).start(0)
	alice := join(t, i.FunctionURL(), "room", "Alice")
	bob := join(t, i.FunctionURL(), "room", "Bob")
	began := time.Now()
	resp, r := peekOnce(t, i.FunctionURL(), bob)
	if took := time.Since(began); resp.StatusCode != http.StatusRequestTimeout || r.Status != "quiet" ||
		resp.Header.Get("Retry-After") != "5" || took > 10*time.Second {
		t.Errorf("a look: %d %v %+v after %v", resp.StatusCode, resp.Header, r, took)
	}
	awaitPresence(t, i, alice, "Bob") // it is on standby
	const looks = 50
	before := cpuTime(t, i)
	for range looks {
		_, r = peekOnce(t, i.FunctionURL(), bob)
	}
	// What the sums of docs/cost.md take a look to last, with the share of a processor that a function
	// has with 128 MB.
	each := (cpuTime(t, i) - before) / looks * period / quota
	t.Logf("%d looks take %v of 128 MB each, and %.1f GB-seconds a quiet day", looks, each.Round(time.Microsecond),
		each.Seconds()*128/1024*24*60*60/15)
	if !raceDetector && each > time.Second/10 {
		t.Errorf("a look takes %v", each)
	}
	call(t, i.FunctionURL(), "send_message", args{"agent_token": alice.AgentToken, "text": "Milk?"})
	resp, r = peekOnce(t, i.FunctionURL(), bob)
	if resp.StatusCode != http.StatusOK || len(r.Messages) != 1 {
		t.Errorf("after a message: %d %+v", resp.StatusCode, r)
	}
	if read := call(t, i.FunctionURL(), "wait_for_message",
		args{"agent_token": bob.AgentToken, "cursor": bob.Cursor, "wait_seconds": 0}); len(read.Messages) != 1 {
		t.Errorf("the agent got %+v", read)
	}
}
