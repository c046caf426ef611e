// Package meter keeps account of what a server does: an [Account] for each
// request, which the layers that it passes fill in, and a [Meter] for the process,
// which adds up and holds the limits on what may be held at once. It knows the
// names of tools and codes, numbers and times, and never a token, a text or a
// name that an agent chose.
package meter

import (
	"sync/atomic"
	"time"
)

// Options of a Meter. The zero value limits nothing and tells nobody.
type Options struct {
	// MaxWaits is how many calls may wait at once; 0: any number.
	MaxWaits int64
	// MaxBodies is how many bytes the bodies of all requests under way may have,
	// a request that does not wait counting for 16 KiB at least; 0: any number.
	MaxBodies int64
	// Observe, unless nil, is told of each call when its answer is done. It is
	// called by many goroutines at once, and should be quick.
	Observe func(Call)
}

// Call is a call of a tool, or of what serves as one, that has been answered.
type Call struct {
	Tool       string // as listed; "" for a request that called none
	Code       string // CodeOK, CodeGone or a code of chat
	Took       time.Duration
	Waited     bool    // part of that time was a wait
	ReadUnits  float64 // of DynamoDB's capacity, as far as this call itself asked
	WriteUnits float64
}

// What a call can end with, beside the codes of chat.
const (
	CodeOK   = "ok"
	CodeGone = "gone" // the client went away, or the time was up, before the answer
)

// Meter adds up for one process. Its methods may be called by many goroutines at
// once.
type Meter struct {
	observe func(Call)
	waits   gauge
	bodies  gauge

	reads, writes, failures atomic.Int64
	requests                atomic.Int64
	readUnits, writeUnits   atomic.Int64 // tenths
}

// New returns a Meter.
func New(o Options) *Meter {
	return &Meter{observe: o.Observe, waits: gauge{limit: o.MaxWaits}, bodies: gauge{limit: o.MaxBodies}}
}

// Totals are the sums since the start, and what is held now.
type Totals struct {
	OpenWaits     int64 // now
	BodyBytes     int64 // now
	RefusedWaits  int64
	RefusedBodies int64

	Reads    int64 // of the table
	Writes   int64
	Failures int64 // reads and writes that the table did not do; a conflict is none

	Requests   int64   // to DynamoDB, repeats included
	ReadUnits  float64 // of its capacity
	WriteUnits float64
}

// Totals returns the sums. They are not of one moment.
func (m *Meter) Totals() Totals {
	return Totals{
		OpenWaits: m.waits.held.Load(), RefusedWaits: m.waits.refused.Load(),
		BodyBytes: m.bodies.held.Load(), RefusedBodies: m.bodies.refused.Load(),
		Reads: m.reads.Load(), Writes: m.writes.Load(), Failures: m.failures.Load(),
		Requests: m.requests.Load(), ReadUnits: float64(m.readUnits.Load()) / 10, WriteUnits: float64(m.writeUnits.Load()) / 10,
	}
}

// gauge counts what is held, up to a limit.
type gauge struct {
	limit         int64 // 0: none
	held, refused atomic.Int64
}

// take adds n, unless that is more than there may be.
func (g *gauge) take(n int64) bool {
	if g.held.Add(n) > g.limit && g.limit > 0 {
		g.held.Add(-n)
		g.refused.Add(1)
		return false
	}
	return true
}

func (g *gauge) give(n int64) { g.held.Add(-n) }
