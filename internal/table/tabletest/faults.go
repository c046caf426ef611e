package tabletest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"github.com/parley-chat/parley/internal/table"
)

// Faults are the rates of what befalls the calls of a Faulty table, each from 0
// (never) to 1 (every call that it can befall). Of the first five at most one
// befalls a call, the first in this order that its dice choose.
type Faults struct {
	// Refused: table.ErrUnavailable, and nothing happened; as when the store
	// throttles or transactions collide until the deadline.
	Refused float64
	// Lost: a Write was tried, and its caller gets table.ErrUnavailable
	// whatever came of it.
	Lost float64
	// Repeated: a Write that happened is made once more, as by a driver that
	// had no reply, and its caller gets the second verdict, most often a
	// conflict with the caller's own item.
	Repeated float64
	// Late: the caller of a Write gets table.ErrUnavailable, and the Write is
	// tried a few calls later.
	Late float64
	// Hung: the call returns only when its context ends, with the context's
	// error; a Write has then happened or not, by even odds. A call whose
	// context cannot end gets table.ErrUnavailable at once.
	Hung float64
	// Stale: an eventual read sees each item in some state that it had in the
	// last few calls, each by itself: event n+1 may be there before event n.
	Stale float64
	// Torn: the ops of one Write come to be seen one by one, in any order, by
	// strong reads too. Once a Write has returned nil they are all seen; after a
	// lost reply it takes a few more calls.
	Torn float64
	// Slow: other goroutines get turns before the call acts and before it
	// returns. When its context ends meanwhile the call returns its error.
	Slow float64
}

// Mild is a day on which now and then something goes wrong.
func Mild() Faults {
	return Faults{Refused: 0.01, Lost: 0.01, Repeated: 0.01, Late: 0.005, Stale: 0.3, Torn: 0.3, Slow: 0.2}
}

// Rough is a day on which hardly a conversation goes without a fault.
func Rough() Faults {
	return Faults{Refused: 0.1, Lost: 0.1, Repeated: 0.1, Late: 0.05, Stale: 0.7, Torn: 0.7, Slow: 0.5}
}

// Correct is a store that answers every call, and is as stale, torn and slow as
// the contract lets it be.
func Correct() Faults {
	return Faults{Stale: 1, Torn: 1, Slow: 1}
}

// How far faults reach, in calls and in turns of the scheduler.
const (
	staleCalls = 16 // an eventual read is behind by at most
	tornCalls  = 6  // the ops of a Write are seen within
	lateCalls  = 8  // a late Write is tried within
	tornTurns  = 32 // given before a torn Write returns
	slowTurns  = 8  // given by a slow call, twice at most
)

// Counts is how often each fault befell.
type Counts struct {
	Refused, Lost, Repeated, Late, Hung, Slow int

	LateApplied int // late writes that happened after all
	Stale       int // eventual reads that saw an earlier state
	Torn        int // other reads that did not see all of a Write
}

// read counts a read that saw an earlier state.
func (c *Counts) read(p *plan) {
	if p.stale {
		c.Stale++
	} else {
		c.Torn++
	}
}

// fate is what becomes of a call as a whole.
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

// plan is what befalls one call.
type plan struct {
	rng   *rand.Rand
	call  uint64
	fate  fate
	stale bool
	torn  bool
	slow  bool
}

// begin numbers a call and throws its dice.
func (f *Faulty) begin(fates []fate) *plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	p := &plan{rng: rand.New(rand.NewPCG(f.seed, f.calls)), call: f.calls}
	chance := func(rate float64) bool { return p.rng.Float64() < rate }
	p.stale, p.torn, p.slow = chance(f.faults.Stale), chance(f.faults.Torn), chance(f.faults.Slow)
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

// rate is how often a fate befalls a call, and its counter.
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

// pause gives others turns if the call is slow, and reports a context that ended.
func (p *plan) pause(ctx context.Context) error {
	if p.slow {
		for range 1 + p.rng.IntN(slowTurns) {
			runtime.Gosched()
		}
	}
	return ctx.Err()
}

// hang waits for the end of the context, if it can end.
func (p *plan) hang(ctx context.Context) error {
	if ctx.Done() == nil {
		return p.lose()
	}
	<-ctx.Done()
	return ctx.Err()
}

// lose is the error of a call without a reply.
func (p *plan) lose() error {
	return fmt.Errorf("%w: the faulty table gave call %d no reply", table.ErrUnavailable, p.call)
}
