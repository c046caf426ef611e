// Package meter measures the work of a server and limits its memory. The layers that a request passes through fill in
// the [Account] of the request. The [Meter] of the process adds up the accounts and enforces the limits. Both contain
// names of tools, codes, numbers and times, and never a token, a text or a name that an agent chose.
package meter

import (
	"errors"
	"sync/atomic"
	"time"
)

// Options of a Meter. The zero value limits nothing and reports to nobody.
type Options struct {
	// MaxWaits is how many calls may wait at once; 0: any number.
	MaxWaits int64
	// MaxWaitsPerAddress is how many calls of one caller may wait at once; 0: any number, and no caller is bounded.
	// Otherwise the last tenth of MaxWaits is for callers with few waits, and a caller may have an eighth of
	// MaxBodies and 256 arriving bodies. A network around a caller may have more: see ident.Groups.
	MaxWaitsPerAddress int64
	// MaxBodies is how many bytes the bodies of all open requests may have in total; 0: any number. A request that
	// does not wait counts as at least 16 KiB once its body is complete. The last quarter is for small complete
	// bodies.
	MaxBodies int64
	// Observe receives each call when its answer is complete. Many goroutines call Observe at once, so Observe should
	// be fast. Nil: nobody receives calls.
	Observe func(Call)
}

// Call is an answered call of a tool, or of an endpoint that acts as one.
type Call struct {
	Tool       string // as listed; "" for a request without a tool
	Code       string // CodeOK, CodeGone or a fault.Code
	Took       time.Duration
	Waited     bool    // part of Took was a wait
	ReadUnits  float64 // of DynamoDB's capacity, for the operations of this call itself
	WriteUnits float64
}

// Why a request is refused: the server, or the caller, has as many waits or bodies as it may have.
var (
	ErrFull  = errors.New("meter: the server is full")
	ErrShare = errors.New("meter: the caller has as much as one may have")
)

// Outcomes of a call, in addition to the codes of package fault.
const (
	CodeOK   = "ok"
	CodeGone = "gone" // the client left before the answer
)

// Meter adds up the accounts of one process. Many goroutines may call the methods at once.
type Meter struct {
	observe func(Call)
	waits   *Places
	bodies  bodies

	reads, writes, failures atomic.Int64
	requests                atomic.Int64
	readUnits, writeUnits   atomic.Int64 // tenths
	hooks                   hooks
}

// New returns a Meter.
func New(o Options) *Meter {
	return &Meter{
		observe: o.Observe,
		waits:   NewPlaces(o.MaxWaits, o.MaxWaitsPerAddress),
		bodies:  bodies{limit: o.MaxBodies, shared: o.MaxWaitsPerAddress > 0},
	}
}

// Totals are the sums since the start and the current values.
type Totals struct {
	OpenWaits     int64 // now
	BodyBytes     int64 // now
	RefusedWaits  int64
	RefusedBodies int64

	Reads    int64 // of the table
	Writes   int64
	Failures int64 // reads and writes that failed; a conflict is not a failure

	Requests   int64   // to DynamoDB, including retries
	ReadUnits  float64 // of its capacity
	WriteUnits float64

	Hooks Hooks
}

// Totals returns the totals. The fields are read one after the other, so they may
// not match exactly.
func (m *Meter) Totals() Totals {
	open, refusedWaits := m.waits.totals()
	held, refusedBodies := m.bodies.totals()
	return Totals{
		OpenWaits: open, RefusedWaits: refusedWaits,
		BodyBytes: held, RefusedBodies: refusedBodies,
		Reads: m.reads.Load(), Writes: m.writes.Load(), Failures: m.failures.Load(),
		Requests: m.requests.Load(), ReadUnits: float64(m.readUnits.Load()) / 10,
		WriteUnits: float64(m.writeUnits.Load()) / 10,
		Hooks:      m.hooks.totals(),
	}
}
