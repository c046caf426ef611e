//go:build lambda

package main

import (
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/meter/emf"
)

// newMetrics counts for CloudWatch, on stdout. Prometheus is left out of the
// function: nobody could ask an instance for its figures.
func newMetrics(s settings, stdout io.Writer, _ *slog.Logger) *metrics {
	var out *emf.Writer
	o := held(s)
	o.Observe = func(call meter.Call) { out.Observe(call) }
	m := meter.New(o)
	out = emf.New(emf.Options{Out: stdout, Function: lambdacontext.FunctionName, Totals: m.Totals})
	return &metrics{meter: m, flush: out.Flush}
}
