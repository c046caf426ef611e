// Package scrape serves the counts of a Meter in Prometheus' text format.
//
// Labels contain only names of tools and codes: there are few, and none is secret.
package scrape

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parley-chat/parley/internal/observe/meter"
)

// Metrics are the metrics of a process. Many goroutines may call the methods at
// once, but Watch and File must be called before Handler.
type Metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// New returns metrics of calls, of the Go runtime and of the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_calls_total", Help: "Calls answered, by tool and outcome: ok, gone (the client had left), " +
				"or the code of the error.",
		}, []string{"tool", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_call_seconds", Help: "Time to the answer, by tool; calls that waited for other agents are " +
				"counted separately.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60, 300},
		}, []string{"tool", "waited"}),
	}
	m.registry.MustRegister(m.calls, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe counts a call.
func (m *Metrics) Observe(call meter.Call) {
	m.calls.WithLabelValues(call.Tool, call.Code).Inc()
	m.seconds.WithLabelValues(call.Tool, strconv.FormatBool(call.Waited)).Observe(call.Took.Seconds())
}

// Watch adds the totals of a meter.
func (m *Metrics) Watch(totals func() meter.Totals) {
	now := func(name, help string, value func(meter.Totals) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(totals()) }))
	}
	sum := func(name, help string, labels prometheus.Labels, value func(meter.Totals) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help,
			ConstLabels: labels}, func() float64 { return value(totals()) }))
	}
	now("parley_open_waits", "Calls that are waiting now.",
		func(t meter.Totals) float64 { return float64(t.OpenWaits) })
	now("parley_body_bytes", "Bytes counted for the bodies of open requests.",
		func(t meter.Totals) float64 { return float64(t.BodyBytes) })
	const refused = "Requests refused because a limit was reached."
	sum("parley_refused_total", refused, prometheus.Labels{"of": "waits"},
		func(t meter.Totals) float64 { return float64(t.RefusedWaits) })
	sum("parley_refused_total", refused, prometheus.Labels{"of": "bodies"},
		func(t meter.Totals) float64 { return float64(t.RefusedBodies) })
	const operations = "Reads and writes of the table."
	sum("parley_table_operations_total", operations, prometheus.Labels{"kind": "read"},
		func(t meter.Totals) float64 { return float64(t.Reads) })
	sum("parley_table_operations_total", operations, prometheus.Labels{"kind": "write"},
		func(t meter.Totals) float64 { return float64(t.Writes) })
	sum("parley_table_failures_total", "Reads and writes that failed.", nil,
		func(t meter.Totals) float64 { return float64(t.Failures) })
	const units = "Capacity units that DynamoDB charged."
	sum("parley_dynamodb_units_total", units, prometheus.Labels{"kind": "read"},
		func(t meter.Totals) float64 { return t.ReadUnits })
	sum("parley_dynamodb_units_total", units, prometheus.Labels{"kind": "write"},
		func(t meter.Totals) float64 { return t.WriteUnits })
	const called = "Calls to agents, webhooks and endpoints"
	sum("parley_hook_calls_total", called+".", nil,
		func(t meter.Totals) float64 { return float64(t.Hooks.Calls) })
	sum("parley_hook_retries_total", called+" that repeated one that had failed.", nil,
		func(t meter.Totals) float64 { return float64(t.Hooks.Retries) })
	sum("parley_hook_failures_total", called+" that failed.", nil,
		func(t meter.Totals) float64 { return float64(t.Hooks.Failures) })
	now("parley_hook_failing_seconds", "For how long somebody could not be called who is still to be.",
		func(t meter.Totals) float64 { return t.Hooks.Failing.Seconds() })
	sum("parley_dynamodb_requests_total", "Requests to DynamoDB, including retries.", nil,
		func(t meter.Totals) float64 { return float64(t.Requests) })
}

// File adds the metrics of a file: how many transactions were committed since the start, and the size of the
// write-ahead log.
func (m *Metrics) File(commits, logBytes func() int64) {
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "parley_file_commits_total", Help: "Transactions committed to the file, one fsync each.",
		}, func() float64 { return float64(commits()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "parley_file_log_bytes", Help: "Bytes in use of the file's write-ahead log. They grow while " +
				"another program does not stop reading.",
		}, func() float64 { return float64(logBytes()) }),
	)
}

// Handler answers a GET of any path with the current values.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
