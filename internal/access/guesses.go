package access

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
)

const (
	mostGuesses = 20          // wrong ones that are looked up for an address in any guessLife
	guessLife   = time.Minute // for so long a wrong guess counts
	// mostAddresses bounds the addresses in memory. Beyond it any is forgotten whose
	// guesses are not being looked up: an attacker that has more addresses than this
	// gains nothing by it.
	mostAddresses = 5000
)

// guesses bounds how often keys, invites and tokens are looked up for an address that
// turn out to be wrong. Its methods may be called concurrently.
type guesses struct {
	clock clockwork.Clock

	mu sync.Mutex
	of map[string]*tries
}

// tries are the guesses of one address. A guess is counted from before its lookup until
// guessLife after it.
type tries struct {
	wrong   []time.Time   // when those ended that were wrong, the oldest first
	running int           // being looked up
	settled chan struct{} // closed when one of those ends
}

func newGuesses(clock clockwork.Clock) *guesses {
	return &guesses{clock: clock, of: map[string]*tries{}}
}

// begin counts a guess of the address, or refuses it. After the lookup the caller calls
// settle once, which takes the count back unless the guess was wrong. While so many are
// being looked up that they could exhaust the limit, begin waits for one of them: many
// with right keys may share an address.
func (g *guesses) begin(ctx context.Context, address string) (settle func(wrong bool), err error) {
	for {
		t, settled, err := g.take(address)
		if err != nil {
			return nil, err
		}
		if settled == nil {
			return func(wrong bool) { g.settle(address, t, wrong) }, nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take counts a guess, refuses it, or returns what to wait for before the next attempt.
func (g *guesses) take(address string) (t *tries, settled <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, now := g.get(address), g.clock.Now()
	for len(t.wrong) > 0 && now.Sub(t.wrong[0]) >= guessLife {
		t.wrong = t.wrong[1:]
	}
	switch {
	case len(t.wrong) >= mostGuesses:
		wait := t.wrong[0].Add(guessLife).Sub(now)
		return nil, nil, fault.RetryLater(fault.RateLimited, wait, "Too many wrong keys come from where you call: at most %d a minute are looked up. Nothing was done: try again in %d seconds, with a key that is valid.", mostGuesses, fault.Seconds(wait))
	case len(t.wrong)+t.running >= mostGuesses:
		return nil, t.settled, nil
	}
	t.running++
	return t, nil, nil
}

// settle ends a guess. An address that has made no wrong one takes no memory.
func (g *guesses) settle(address string, t *tries, wrong bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.running--
	if wrong {
		t.wrong = append(t.wrong, g.clock.Now())
	}
	close(t.settled)
	t.settled = make(chan struct{})
	if t.running == 0 && len(t.wrong) == 0 {
		delete(g.of, address)
	}
}

// get returns the guesses of an address. g.mu is held.
func (g *guesses) get(address string) *tries {
	t := g.of[address]
	if t != nil {
		return t
	}
	for other, t := range g.of { // in any order
		if len(g.of) < mostAddresses {
			break
		}
		if t.running == 0 {
			delete(g.of, other)
		}
	}
	t = &tries{settled: make(chan struct{})}
	g.of[address] = t
	return t
}
