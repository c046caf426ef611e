package tabletest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/parley-chat/parley/internal/store/table"
)

// Faults are the rates of faults in the calls of a Faulty table, each from 0 (no
// call) to 1 (every call that can have the fault). A call has at most one of the
// first five, which are drawn in the order of the fields.
type Faults struct {
	// Refused: the call has no effect and returns table.ErrUnavailable, as when
	// the store throttles it until the deadline.
	Refused float64
	// Lost: the Write is made, but the reply is lost. The call returns table.ErrUnavailable, even if the Write
	// succeeded.
	Lost float64
	// Repeated: a Write that succeeded is made again, as by a driver that lost the reply. The call returns the second
	// result, most often a conflict with the caller's own item.
	Repeated float64
	// Late: the Write returns table.ErrUnavailable and is made a few calls
	// later.
	Late float64
	// Hung: the call blocks until its context ends and returns the context's
	// error. Half of the Writes are made. If the context cannot end the call
	// returns table.ErrUnavailable at once.
	Hung float64
	// Stale: an eventual read sees each item in a state of the last few calls,
	// chosen for each item alone: event n+1 may be visible before event n.
	Stale float64
	// Partial: the ops of a Write become visible one by one, in any order, even to strong reads. When the Write returns
	// nil all are visible; after a lost reply a few calls later.
	Partial float64
	// Slow: other goroutines run before the call acts and before the call returns. If the context ends meanwhile, the
	// call returns the context's error.
	Slow float64
}

// Mild returns rates with an occasional fault.
func Mild() Faults {
	return Faults{Refused: 0.01, Lost: 0.01, Repeated: 0.01, Late: 0.005, Stale: 0.3, Partial: 0.3, Slow: 0.2}
}

// Rough returns rates with faults in almost every conversation.
func Rough() Faults {
	return Faults{Refused: 0.1, Lost: 0.1, Repeated: 0.1, Late: 0.05, Stale: 0.7, Partial: 0.7, Slow: 0.5}
}

// Correct returns the rates of a store that answers every call but is as stale,
// partial and slow as the contract allows.
func Correct() Faults {
	return Faults{Stale: 1, Partial: 1, Slow: 1}
}

// The reach of faults, in calls and in turns of the scheduler.
const (
	staleCalls   = 16 // an eventual read is behind by at most this number
	partialCalls = 6  // all ops of a Write are visible after this number
	lateCalls    = 8  // a late Write is made within this number
	partialTurns = 32 // yielded before a partial Write returns
	slowTurns    = 8  // yielded by a slow call, at most twice
)

// Counts is the number of faults of each kind.
type Counts struct {
	Refused, Lost, Repeated, Late, Hung, Slow int

	LateApplied int // late Writes that succeeded
	Stale       int // eventual reads that saw an earlier state
	Partial     int // other reads that saw a Write in part
}

// read counts a read that saw an earlier state.
func (c *Counts) read(p *plan) {
	if p.stale {
		c.Stale++
	} else {
		c.Partial++
	}
}

// fate is the fault of a call as a whole.
type fate int

const (
	spared fate = iota
	refused
	lost
	repeated
	late
	hung
)

func readFates() []fate  { return []fate{refused, hung} }
func writeFates() []fate { return []fate{refused, lost, repeated, late, hung} }

// plan holds the faults of one call.
type plan struct {
	rng     *rand.Rand
	call    uint64
	fate    fate
	stale   bool
	partial bool
	slow    bool
}

// begin numbers a call and draws the call's faults.
func (f *Faulty) begin(fates []fate) *plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	p := &plan{rng: rand.New(rand.NewPCG(f.seed, f.calls)), call: f.calls}
	chance := func(rate float64) bool { return p.rng.Float64() < rate }
	p.stale, p.partial, p.slow = chance(f.faults.Stale), chance(f.faults.Partial), chance(f.faults.Slow)
	for _, fate := range fates {
		rate, count := f.rate(fate)
		if chance(rate) {
			p.fate = fate
			*count++
			break
		}
	}
	if p.slow {
		f.counts.Slow++
	}
	return p
}

// rate returns the rate of a fate and its counter.
func (f *Faulty) rate(of fate) (float64, *int) {
	switch of {
	case refused:
		return f.faults.Refused, &f.counts.Refused
	case lost:
		return f.faults.Lost, &f.counts.Lost
	case repeated:
		return f.faults.Repeated, &f.counts.Repeated
	case late:
		return f.faults.Late, &f.counts.Late
	default:
		return f.faults.Hung, &f.counts.Hung
	}
}

// pause lets other goroutines run if the call is slow, and returns ctx.Err().
func (p *plan) pause(ctx context.Context) error {
	if p.slow {
		for range 1 + p.rng.IntN(slowTurns) {
			runtime.Gosched()
		}
	}
	return ctx.Err()
}

// hang blocks until ctx ends, if it can end.
func (p *plan) hang(ctx context.Context) error {
	if ctx.Done() == nil {
		return p.lose()
	}
	<-ctx.Done()
	return ctx.Err()
}

// lose returns the error of a call without a reply.
func (p *plan) lose() error {
	return fmt.Errorf("%w: the faulty table gave call %d no reply", table.ErrUnavailable, p.call)
}
