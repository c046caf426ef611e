package main

import (
	"io"

	"github.com/parley-chat/parley/internal/meter"
)

// metrics are the account that the process keeps, and where its figures go.
type metrics struct {
	meter *meter.Meter
	flush func() // writes what was not yet written; nil: there is nothing to write
	// serve lets others ask for the figures, until what it returns is closed; nil:
	// nobody may.
	serve func(*store) (io.Closer, error)
	open  io.Closer
}

// begin serves the figures if they are to be served. close ends that.
func (m *metrics) begin(st *store) (err error) {
	if m.serve != nil {
		m.open, err = m.serve(st)
	}
	return err
}

// held is what the meter lets be held. Each wait has a connection; a quarter of the
// connections that the system grants is kept for those who are to be refused.
func held(s settings) meter.Options {
	waits := int64(s.MaxWaits)
	if files := descriptors(); files > 0 {
		waits = min(waits, files-files/4)
	}
	return meter.Options{MaxWaits: waits, MaxBodies: int64(s.MaxBodies) << 20}
}

// close is the last that is done with metrics.
func (m *metrics) close() {
	if m.open != nil {
		_ = m.open.Close() // the program ends
	}
	if m.flush != nil {
		m.flush()
	}
}
