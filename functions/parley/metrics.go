package main

import "github.com/parley-chat/parley/internal/meter"

// metrics are the account that the process keeps, and where its figures go.
type metrics struct {
	meter *meter.Meter
	flush func() // writes what was not yet written; nil: there is nothing to write
}

// held is what the meter lets be held.
func held(s settings) meter.Options {
	return meter.Options{MaxWaits: int64(s.MaxWaits), MaxBodies: int64(s.MaxBodies) << 20}
}

// close is the last that is done with metrics.
func (m *metrics) close() {
	if m.flush != nil {
		m.flush()
	}
}
