package emf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/observe/meter"
)

// function is a Writer and its output.
type function struct {
	t      *testing.T
	out    bytes.Buffer
	clock  *clockwork.FakeClock
	totals meter.Totals
	writer *Writer
}

func newFunction(t *testing.T) *function {
	f := &function{t: t, clock: clockwork.NewFakeClockAt(time.UnixMilli(1_800_000_000_000))}
	f.writer = New(Options{Out: &f.out, Function: "parley-test", Clock: f.clock})
	f.writer.Watch(func() meter.Totals { return f.totals })
	return f
}

func (f *function) call(code string) {
	f.writer.Observe(meter.Call{Tool: "send_message", Code: code, Took: 12 * time.Millisecond})
}

// lines returns the output since the last call of lines, as CloudWatch reads it: the values of each line's metrics.
func (f *function) lines() []string {
	f.t.Helper()
	var read []string
	for line := range strings.Lines(f.out.String()) {
		var root map[string]any
		var head struct {
			AWS about `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(line), &root); err != nil {
			f.t.Fatalf("%v in %s", err, line)
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			f.t.Fatal(err)
		}
		d := head.AWS.CloudWatchMetrics
		if len(d) != 1 || d[0].Namespace != "Parley" || fmt.Sprint(d[0].Dimensions) != "[[FunctionName]]" ||
			root["FunctionName"] != "parley-test" {
			f.t.Errorf("the metrics are %+v of %v", d, root["FunctionName"])
		}
		if head.AWS.Timestamp != f.clock.Now().UnixMilli() {
			f.t.Errorf("the time is %d", head.AWS.Timestamp)
		}
		var values []string
		for _, m := range d[0].Metrics {
			values = append(values, fmt.Sprintf("%s %v %s", m.Name, root[m.Name], m.Unit))
		}
		if len(root) != len(values)+2 {
			f.t.Errorf("%s has members that are no metrics", line)
		}
		slices.Sort(values)
		read = append(read, strings.Join(values, ", "))
	}
	f.out.Reset()
	return read
}

func (f *function) wrote(want ...string) {
	f.t.Helper()
	if got := f.lines(); !slices.Equal(got, want) {
		f.t.Errorf("written were %q, want %q", got, want)
	}
}

func TestObserve_firstCall_isWrittenAtOnce(t *testing.T) {
	f := newFunction(t)
	f.totals = meter.Totals{ReadUnits: 1.5, WriteUnits: 1}
	f.call(meter.CodeOK)
	f.wrote("CallTime [12] Milliseconds, Calls 1 Count, ReadUnits 1.5 Count, WriteUnits 1 Count")
}

func TestObserve_callsOfAMinute_areOneLine(t *testing.T) {
	f := newFunction(t)
	f.call(meter.CodeOK)
	f.lines()
	for range 3 {
		f.clock.Advance(20 * time.Second)
		f.wrote()
		f.totals.WriteUnits++
		f.call("room_full")
	}
	f.wrote("CallTime [12 12 12] Milliseconds, Calls 3 Count, WriteUnits 3 Count")
}

func TestObserve_waits_countWithoutTheirTime(t *testing.T) {
	f := newFunction(t)
	f.writer.Observe(meter.Call{Tool: "wait_for_message", Code: meter.CodeOK, Took: time.Minute, Waited: true})
	f.wrote("Calls 1 Count")
}

func TestObserve_failure_isWrittenAtOnce(t *testing.T) {
	f := newFunction(t)
	f.call(meter.CodeOK)
	f.lines()
	for code, name := range map[string]string{"internal": "Internal", "unavailable": "Unavailable"} {
		f.totals.Failures++
		f.call(code)
		want := []string{"CallTime [12] Milliseconds", "Calls 1 Count", name + " 1 Count", "TableFailures 1 Count"}
		slices.Sort(want)
		f.wrote(strings.Join(want, ", "))
	}
}

// TestObserve_tableFailedBesideACall_isWrittenAtOnce: a poll, or the presence of an agent
// whose call is answered all the same.
func TestObserve_tableFailedBesideACall_isWrittenAtOnce(t *testing.T) {
	f := newFunction(t)
	f.call(meter.CodeOK)
	f.lines()
	f.totals.Failures += 3
	f.call(meter.CodeOK)
	f.wrote("CallTime [12] Milliseconds, Calls 1 Count, TableFailures 3 Count")
	f.call(meter.CodeOK)
	f.wrote()
}

func TestObserve_refusedForSpeed_isNotWrittenAtOnce(t *testing.T) {
	f := newFunction(t)
	f.call(meter.CodeOK)
	f.lines()
	for range 50 { // an agent that speaks too fast does not fill the log
		f.call("rate_limited")
	}
	f.wrote()
	f.writer.Flush()
	if got := f.lines(); len(got) != 1 || !strings.Contains(got[0], "RateLimited 50 Count") {
		t.Errorf("written were %q", got)
	}
}

func TestObserve_hundredCalls_areAsManyAsALineHolds(t *testing.T) {
	f := newFunction(t)
	f.call(meter.CodeOK)
	f.lines()
	for range 2 * most {
		f.call(meter.CodeOK)
	}
	want := fmt.Sprintf("CallTime [%s] Milliseconds, Calls 100 Count", strings.TrimSpace(strings.Repeat("12 ", most)))
	f.wrote(want, want)
}

func TestFlush_writesWhatIsLeft(t *testing.T) {
	f := newFunction(t)
	f.writer.Flush()
	f.wrote()
	f.call(meter.CodeOK)
	f.lines()
	f.call(meter.CodeGone)
	f.writer.Flush()
	f.writer.Flush()
	f.wrote("CallTime [12] Milliseconds, Calls 1 Count")
}
