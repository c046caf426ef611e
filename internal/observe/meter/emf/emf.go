// Package emf writes the counts of a Meter in CloudWatch's embedded metric format: lines of JSON on a function's
// standard output, from which CloudWatch makes metrics without an API call or a permission. The format is described
// in the CloudWatch User Guide, "Specification: Embedded metric format".
//
// Every metric and every value of a dimension is billed monthly, so there are
// eight metrics and one dimension, the function's name. The log shows what each
// tool does.
package emf

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/observe/meter"
)

const (
	namespace = "Parley"
	dimension = "FunctionName"
	// every is how long calls are collected into one line. Lambda freezes a
	// function that nobody calls, so the last line waits for the next call or for
	// the end.
	every = time.Minute
	// most is how many values of a metric one line may contain.
	most = 100
)

// Options of a Writer. All but Clock are required.
type Options struct {
	Out      io.Writer       // receives each line in one Write
	Function string          // the name of the function
	Clock    clockwork.Clock // nil: the system's
}

// Writer collects calls into lines. Many goroutines may call its methods at once.
type Writer struct {
	Options
	totals func() meter.Totals

	mu      sync.Mutex
	flushed time.Time    // when the last line was written
	written meter.Totals // totals at the last line
	sums    map[string]int
	times   []int64 // milliseconds, of calls that did not wait
}

// New returns a Writer. Call Watch before Observe.
func New(o Options) *Writer {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	return &Writer{Options: o, sums: map[string]int{}}
}

// Watch sets the source of the totals of the table.
func (w *Writer) Watch(totals func() meter.Totals) { w.totals = totals }

// Observe counts a call. Observe writes at once the first call, and each call that triggers an alarm or follows a
// failure of the table, since such a failure triggers an alarm, too.
func (w *Writer) Observe(call meter.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums["Calls"]++
	if !call.Waited {
		w.times = append(w.times, call.Took.Milliseconds())
	}
	name, alarms := failure(call.Code)
	if name != "" {
		w.sums[name]++
	}
	alarms = alarms || w.totals().Failures > w.written.Failures
	if alarms || len(w.times) == most || w.Clock.Since(w.flushed) >= every {
		w.write()
	}
}

// failure returns the metric that counts a code, or "", and whether template.yaml
// has an alarm on that metric.
func failure(code string) (name string, alarms bool) {
	switch code {
	case "internal":
		return "Internal", true
	case "unavailable":
		return "Unavailable", true
	case "rate_limited":
		return "RateLimited", false
	}
	return "", false
}

// Flush writes the calls collected so far, if there are any.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sums["Calls"] > 0 {
		w.write()
	}
}

// write writes the line and starts the next line. The caller holds w.mu.
func (w *Writer) write() {
	now, totals := w.Clock.Now(), w.totals()
	line := map[string]any{dimension: w.Function}
	var metrics []metric
	add := func(name, unit string, value any, there bool) {
		if there {
			line[name] = value
			metrics = append(metrics, metric{name, unit})
		}
	}
	for _, name := range []string{"Calls", "Internal", "Unavailable", "RateLimited"} {
		add(name, "Count", w.sums[name], w.sums[name] > 0)
	}
	add("CallTime", "Milliseconds", w.times, len(w.times) > 0)
	reads, writes, failures := totals.ReadUnits-w.written.ReadUnits, totals.WriteUnits-w.written.WriteUnits,
		totals.Failures-w.written.Failures
	add("ReadUnits", "Count", reads, reads > 0)
	add("WriteUnits", "Count", writes, writes > 0)
	add("TableFailures", "Count", failures, failures > 0)
	line["_aws"] = about{now.UnixMilli(), []directive{{namespace, [][]string{{dimension}}, metrics}}}
	text, err := json.Marshal(line)
	if err == nil { // always: line consists of numbers and names
		_, _ = w.Out.Write(append(text, '\n')) // without standard output there is no log to report it in
	}
	w.flushed, w.written, w.times = now, totals, nil
	clear(w.sums)
}

// about tells CloudWatch which members of the line are metrics.
type about struct {
	Timestamp         int64 // milliseconds of Unix time
	CloudWatchMetrics []directive
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct{ Name, Unit string }
