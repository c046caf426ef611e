// Package emf writes what a Meter counts in CloudWatch's embedded metric format:
// lines of JSON on a function's standard output, of which CloudWatch makes metrics
// without a call of its API and without a permission. The format is described in
// the CloudWatch User Guide, "Specification: Embedded metric format".
//
// Every metric and every value of a dimension is billed by the month, so there are
// eight metrics and one dimension, the function's name. What a single tool does is
// in the lines of the log.
package emf

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/meter"
)

const (
	namespace = "Parley"
	dimension = "FunctionName"
	// every is how long calls are gathered into one line. A function that nobody
	// calls is frozen, so the last line waits for the next call, or for the end.
	every = time.Minute
	// most is how many values one line may give of a metric.
	most = 100
)

// Options of a Writer. All but Clock are needed.
type Options struct {
	Out      io.Writer           // gets each line in one Write
	Function string              // the name of the function
	Totals   func() meter.Totals // of the meter whose calls are observed
	Clock    clockwork.Clock     // nil: the system's
}

// Writer gathers calls into lines. Its methods may be called by many goroutines at
// once.
type Writer struct {
	Options

	mu      sync.Mutex
	flushed time.Time    // the last line
	told    meter.Totals // up to the last line
	sums    map[string]int
	times   []int64 // milliseconds, of calls that did not wait
}

// New returns a Writer.
func New(o Options) *Writer {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	return &Writer{Options: o, sums: map[string]int{}}
}

// Observe counts a call, for [meter.Options]. The first call is written at once,
// as is one of which there is an alarm, so that it does not wait.
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
	if alarms || len(w.times) == most || w.Clock.Since(w.flushed) >= every {
		w.write()
	}
}

// failure is the metric that counts a code, "" if none does, and whether template.yaml
// has an alarm on it.
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

// Flush writes what was gathered, if anything was.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sums["Calls"] > 0 {
		w.write()
	}
}

// write writes the line, and begins the next. w.mu is held.
func (w *Writer) write() {
	now, totals := w.Clock.Now(), w.Totals()
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
	reads, writes, failures := totals.ReadUnits-w.told.ReadUnits, totals.WriteUnits-w.told.WriteUnits, totals.Failures-w.told.Failures
	add("ReadUnits", "Count", reads, reads > 0)
	add("WriteUnits", "Count", writes, writes > 0)
	add("TableFailures", "Count", failures, failures > 0)
	line["_aws"] = about{now.UnixMilli(), []directive{{namespace, [][]string{{dimension}}, metrics}}}
	text, err := json.Marshal(line)
	if err == nil { // numbers and names only: it always is
		_, _ = w.Out.Write(append(text, '\n')) // the log itself is gone, then
	}
	w.flushed, w.told, w.times = now, totals, nil
	clear(w.sums)
}

// about is what CloudWatch reads first.
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
