package lambdatest_test

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
)

// line is a line of a function's output, with the members that the tests check.
type line struct {
	AWS *struct {
		CloudWatchMetrics []struct {
			Namespace string
			Metrics   []struct{ Name string }
		}
	} `json:"_aws"`
	FunctionName          string
	Calls                 int
	Unavailable           int
	TableFailures         int
	ReadUnits, WriteUnits float64

	Msg         string  `json:"msg"`
	ID          string  `json:"id"`
	Tool        string  `json:"tool"`
	Code        string  `json:"code"`
	Room        string  `json:"room"`
	ReadUnits1  float64 `json:"read_units"`
	WriteUnits1 float64 `json:"write_units"`
}

// lines returns the lines that the process has printed. Each must be JSON.
func lines(t *testing.T, output string) (metrics, requests []line) {
	t.Helper()
	for text := range strings.Lines(output) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		switch {
		case l.AWS != nil:
			metrics = append(metrics, l)
		case l.Msg == "request":
			requests = append(requests, l)
		}
	}
	return metrics, requests
}

func TestBootstrap_calls_areMetricsAndLinesOfTheLog(t *testing.T) {
	i := deploy(t).start(0)
	alice := join(t, i.FunctionURL(), "room", "Alice")
	call(t, i.FunctionURL(), "send_message", args{"agent_token": alice.AgentToken, "text": "counted"})
	metrics, requests := lines(t, i.Output())
	if len(metrics) != 1 || metrics[0].FunctionName != "parley-test" || metrics[0].Calls != 1 ||
		metrics[0].WriteUnits == 0 {
		t.Errorf("the first call is written at once, as %+v", metrics)
	}
	if len(requests) != 2 || requests[1].Tool != "send_message" || requests[1].Code != "ok" || requests[1].ID == "" ||
		requests[1].Room == "" || requests[1].Room != requests[0].Room || requests[1].WriteUnits1 < 1 {
		t.Errorf("the log has %+v", requests)
	}
	i.Signal(syscall.SIGTERM)
	if code := i.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	metrics, _ = lines(t, i.Output())
	if len(metrics) != 2 || metrics[1].Calls != 1 || metrics[1].WriteUnits < 1 {
		t.Errorf("at the end is written %+v", metrics)
	}
}
