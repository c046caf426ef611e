package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// wrongLife is how long a wrong secret is refused without another look-up.
const wrongLife = time.Minute

// digest stands for a key, a code or a token.
type digest [sha256.Size]byte

// lookUpLimit limits the look-ups of wrong invites and tokens: to guess 80 bits is hopeless, but each guess costs a
// read. The limit remembers the last result of each secret. A right secret is always looked up, so wrong secrets of
// others shut nobody out. A new secret waits for its turn, which does not count if the secret is right. The next turn
// goes to the address whose networks had no turn for the longest time, so many guessing addresses delay others by at
// most one turn for each network. The methods may be called concurrently.
type lookUpLimit struct {
	clock clockwork.Clock

	mu      sync.Mutex
	right   map[digest]struct{}
	wrong   map[digest]pastRefusal
	all     budget              // of the process
	of      map[string]*budget  // by group: see ident.Groups
	running map[digest]struct{} // the new secrets that are being looked up
	queue   []*lookUp           // in the order of arrival
	due     time.Time           // when the queue advances; zero: not before a look-up ends
}

// pastRefusal is how a wrong secret was refused, and how long the refusal holds.
type pastRefusal struct {
	until time.Time
	why   error
}

// lookUp is a call that looks up a secret.
type lookUp struct {
	secret digest
	from   string
	of     []*budget     // of the groups of the address; nil: the call needs no turn
	comes  chan struct{} // closed when the turn of the call comes, or another call has found the answer
	free   bool          // another call has found that the secret is right
	why    error         // another call has found that the secret is wrong
}

// budget is how many look-ups are left. One look-up takes step to refill.
type budget struct {
	ratelimit.Budget

	group string
	step  time.Duration
	last  time.Time // of the last turn
	calls int       // that are in the queue or looked up
}

// wait returns how long it takes until a look-up is left.
func (b *budget) wait(now time.Time) time.Duration {
	return b.Refill(now) - (auth.MaxLookUpsAtOnce-1)*b.step
}

func (b *budget) spendLookUp(now time.Time) {
	b.Spend(b.step, now)
	b.last = now
}

// wait returns how long it takes until each group of t has a look-up left.
func (t *lookUp) wait(now time.Time) time.Duration {
	longest := time.Duration(0)
	for _, b := range t.of {
		longest = max(longest, b.wait(now))
	}
	return longest
}

// last returns when a group of t had its last turn.
func (t *lookUp) last() (last time.Time) {
	for _, b := range t.of {
		if b.last.After(last) {
			last = b.last
		}
	}
	return last
}

// newLookUpLimit returns a limit of so many look-ups a second in all; 0: auth.UsualLookUps.
func newLookUpLimit(clock clockwork.Clock, lookUps int) *lookUpLimit {
	step := time.Second / time.Duration(cmp.Or(lookUps, auth.UsualLookUps))
	return &lookUpLimit{
		clock: clock, right: map[digest]struct{}{}, wrong: map[digest]pastRefusal{}, all: budget{step: step},
		of: map[string]*budget{}, running: map[digest]struct{}{},
	}
}

// passing is a refusal that may not hold the next time, so the limit does not remember the refusal.
type passing struct {
	error
	free bool // the look-up does not count, since the secret is no guess: see Gate.TokenOfMany
}

func (p passing) Unwrap() error { return p.error }

// errUnknown is the result of a look-up that panics. A look-up that panics or fails costs as much as a wrong secret.
var errUnknown = errors.New("access: the look-up did not end")

// lookUp returns the result of f, which looks a secret up: nil for a right secret, a refusal for a wrong one, and
// another error if f cannot tell. Calls with the same secret share a refusal for wrongLife.
func (g *lookUpLimit) lookUp(ctx context.Context, secret, address string, f func() error) error {
	t := &lookUp{secret: sha256.Sum256([]byte(secret)), from: address, comes: make(chan struct{})}
	if err := g.begin(ctx, t); err != nil {
		return err
	}
	err := errUnknown
	defer func() { g.end(t, err) }()
	err = f()
	return err
}

// lookUpAtOnce is lookUp for a secret that nobody can make up. Such a secret needs no turn.
func (g *lookUpLimit) lookUpAtOnce(secret string, f func() error) error {
	t := &lookUp{secret: sha256.Sum256([]byte(secret))}
	g.mu.Lock()
	wrong, there := g.wrong[t.secret]
	refused := there && g.clock.Now().Before(wrong.until)
	g.mu.Unlock()
	if refused {
		return wrong.why
	}
	err := errUnknown
	defer func() { g.end(t, err) }()
	err = f()
	return err
}

// begin returns nil when the turn of t comes, or why t gets no turn. A secret that was right needs no turn.
func (g *lookUpLimit) begin(ctx context.Context, t *lookUp) error {
	g.mu.Lock()
	now := g.clock.Now()
	_, right := g.right[t.secret]
	wrong, there := g.wrong[t.secret]
	switch {
	case right:
		g.mu.Unlock()
		return nil
	case there && now.Before(wrong.until):
		g.mu.Unlock()
		return wrong.why
	}
	for _, group := range ident.Groups(t.from) {
		b := g.budget(group)
		b.calls++
		t.of = append(t.of, b)
	}
	g.queue = append(g.queue, t)
	g.advance() // t must not pass waiting calls
	g.mu.Unlock()
	return g.await(ctx, t)
}

// await waits for the turn of t.
func (g *lookUpLimit) await(ctx context.Context, t *lookUp) error {
	select {
	case <-t.comes:
		return t.why
	default:
	}
	timer := g.clock.NewTimer(auth.MaxLookUpWait)
	defer timer.Stop()
	var err error
	select {
	case <-t.comes:
		return t.why
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.Chan():
		err = fault.RetryLater(fault.RateLimited, time.Second, "This server gets more new invites and tokens than it "+
			"can look up, and did not get to yours in %d seconds. Nothing was done: try again in 1 "+
			"second.", fault.Seconds(auth.MaxLookUpWait))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.queue, t); at >= 0 {
		g.queue = slices.Delete(g.queue, at, at+1)
		g.forget(t)
		return err
	}
	return t.why // the turn of t has just come
}

// start begins the turn of t, which first has found. The caller holds g.mu.
func (g *lookUpLimit) start(t *lookUp, now time.Time) {
	g.all.spendLookUp(now)
	for _, b := range t.of {
		b.spendLookUp(now)
	}
	g.running[t.secret] = struct{}{}
	close(t.comes)
}

// advance starts the look-ups in the queue whose turn has come. The caller holds g.mu.
func (g *lookUpLimit) advance() {
	now := g.clock.Now()
	for len(g.queue) > 0 {
		wait := g.all.wait(now)
		if wait <= 0 {
			var at int
			at, wait = g.first(now)
			if at >= 0 {
				g.start(g.queue[at], now)
				g.queue = slices.Delete(g.queue, at, at+1)
				continue
			}
		}
		if wait > 0 {
			g.advanceAfter(wait)
		}
		return
	}
}

// first returns the place in the queue of the call whose turn is next. If no turn has come, at is -1, and wait is the
// time until the next turn, or 0 if all calls wait for running look-ups. The caller holds g.mu.
func (g *lookUpLimit) first(now time.Time) (at int, wait time.Duration) {
	at = -1
	for i, t := range g.queue {
		if _, busy := g.running[t.secret]; busy {
			continue
		}
		switch w := t.wait(now); {
		case w > 0 && (wait == 0 || w < wait):
			wait = w
		case w <= 0 && (at < 0 || t.last().Before(g.queue[at].last())):
			at = i
		}
	}
	return at, wait
}

// advanceAfter makes the queue advance after a while, or earlier. The caller holds g.mu.
func (g *lookUpLimit) advanceAfter(after time.Duration) {
	at := g.clock.Now().Add(after)
	if !g.due.IsZero() && !g.due.After(at) {
		return
	}
	g.due = at
	g.clock.AfterFunc(after, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.due = time.Time{}
		g.advance()
	})
}

// end records the result of a look-up, and tells the calls in the queue with the same secret.
func (g *lookUpLimit) end(t *lookUp, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var passed passing
	code, passes := fault.CodeOf(err), errors.As(err, &passed)
	wrong := !passes && (code == fault.KeyInvalid || code == fault.Removed)
	switch {
	case err == nil:
		if t.comes != nil { // else t never needs a turn
			remember(g.right, t.secret, struct{}{})
		}
		delete(g.wrong, t.secret)
	case passes:
		delete(g.right, t.secret) // each further look-up waits for its turn
	case wrong:
		remember(g.wrong, t.secret, pastRefusal{g.clock.Now().Add(wrongLife), err})
		delete(g.right, t.secret)
	}
	if t.of == nil || t.free { // t had no turn of its own
		return
	}
	delete(g.running, t.secret)
	if err == nil || passed.free {
		now := g.clock.Now()
		g.all.Spend(-g.all.step, now)
		for _, b := range t.of {
			b.Spend(-b.step, now)
		}
	}
	g.forget(t)
	if err == nil || wrong {
		g.queue = slices.DeleteFunc(g.queue, func(other *lookUp) bool {
			if other.secret != t.secret {
				return false
			}
			other.free, other.why = !wrong, err
			g.forget(other)
			close(other.comes)
			return true
		})
	}
	g.advance()
}

// forget takes t off the calls of its address. An address that has spent nothing takes no memory. The caller holds
// g.mu.
func (g *lookUpLimit) forget(t *lookUp) {
	for _, b := range t.of {
		b.calls--
		if b.calls == 0 && b.Refill(g.clock.Now()) == 0 {
			delete(g.of, b.group)
		}
	}
}

// budget returns the budget of a group. The caller holds g.mu.
func (g *lookUpLimit) budget(group ident.Group) *budget {
	b := g.of[group.Key]
	if b != nil {
		return b
	}
	for other, b := range g.of { // in any order
		if len(g.of) < auth.MaxAddresses {
			break
		}
		if b.calls == 0 {
			delete(g.of, other)
		}
	}
	b = &budget{group: group.Key, step: auth.LookUpEvery / time.Duration(group.Times)}
	g.of[group.Key] = b
	return b
}

// remember puts a value into a map of bounded size.
func remember[V any](of map[digest]V, secret digest, v V) {
	if _, there := of[secret]; !there {
		makeRoom(of)
	}
	of[secret] = v
}
