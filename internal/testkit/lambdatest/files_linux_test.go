package lambdatest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A file of the greatest size fits into the memory of the smallest function, and this says what it takes of the
// processor. The connections to the table and to the bucket are without TLS.
func TestFiles_atTheSmallestFunction_fit(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own memory and time would be measured")
	}
	f := deploy(t)
	_, env := f.withBucket()
	i := f.start(0, env...)
	throttled := throttle(t, i)
	client := i.FunctionURL()
	alice := join(t, client, "files", "Alice")
	measure := func(what string, do func()) {
		before, began := cpuTime(t, i), time.Now()
		do()
		used, took := cpuTime(t, i)-before, time.Since(began)
		t.Logf("%-20s %4d ms of a processor, took %5d ms at a fourteenth of one (throttled: %v), peak %.1f MB",
			what, used.Milliseconds(), took.Milliseconds(), throttled, peak(t, i.PID()))
	}
	for range 4 { // the first ones find the memory clean
		data := randomBytes(mostBytes)
		target := offer(t, client, alice.AgentToken, len(data))
		var id string
		measure("the upload of 4 MiB", func() {
			sent, err := upload(t, client, target, data)
			if err != nil {
				t.Fatal(err)
			}
			id = sent.ID
		})
		target = address(t, call(t, client, "get_file", args{"agent_token": alice.AgentToken, "id": id}).Download)
		measure("its download", func() {
			if _, got, err := exchange(t, client, "GET", target, nil, nil); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	if got := peak(t, i.PID()); got > 96 { // three quarters of the function's memory, as everywhere
		t.Errorf("the process took %.1f MB", got)
	}
}

// peak returns the most memory that a process has had, in MB.
func peak(t *testing.T, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return float64(kb) / 1000
}
