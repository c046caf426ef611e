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

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

const (
	// guessesAtOnce new secrets are looked up at once, for an address, a network around it, and a
	// process. Then one has its turn every guessEvery for an address, more often for a network
	// (see ident.Groups), and usualLookUps a second for a process (see Options.LookUps).
	guessesAtOnce = 20
	guessEvery    = time.Second
	usualLookUps  = 20
	// longestTurn is how long a call waits for its turn.
	longestTurn = 5 * time.Second
	// wrongLife is how long a secret stays refused that was looked up and is wrong.
	wrongLife = time.Minute
	// mostAddresses bounds the addresses and networks in memory. Beyond it any is forgotten that has
	// no call: an attacker with more addresses is still bounded by what a process looks up.
	mostAddresses = 5000
)

// digest stands for a key, a code or a token.
type digest [sha256.Size]byte

// guesses bounds what wrong invites and tokens cost: a guess of 80 bits is hopeless, but each costs a read. It
// remembers which secrets were right and which were wrong the last time. A secret that was right is always looked up,
// so the wrong ones of others shut nobody out. A new one waits for its turn, and the turn is given back if it is
// right. The next turn goes to the address whose networks had none for the longest time, so a crowd that guesses
// delays others by one turn of each of its networks at most. Its methods may be called concurrently.
type guesses struct {
	clock clockwork.Clock

	mu      sync.Mutex
	right   map[digest]struct{}
	wrong   map[digest]refusal
	all     budget              // of the process
	of      map[string]*budget  // by group: see ident.Groups
	looking map[digest]struct{} // those that had their turn, and are being looked up
	queue   []*turn             // in the order in which they came
	due     time.Time           // when the queue advances; zero: not before a turn is given back
}

// refusal is what the holder of a wrong secret hears.
type refusal struct {
	until time.Time
	why   error
}

// turn is a call with a new secret.
type turn struct {
	secret digest
	from   string
	of     []*budget     // of the groups of its address; nil: it needs no turn
	comes  chan struct{} // closed when it comes
	free   bool          // the secret was looked up for another call, and is right
	why    error         // the same, and it is wrong
}

// budget is how many turns are left: each takes one step to refill.
type budget struct {
	ratelimit.Budget

	group string
	step  time.Duration
	last  time.Time // when it had its last turn
	calls int       // that wait for a turn of it, or have one
}

// wait returns how long it takes until there is a turn.
func (b *budget) wait(now time.Time) time.Duration { return b.Refill(now) - (guessesAtOnce-1)*b.step }

func (b *budget) takeTurn(now time.Time) {
	b.Spend(b.step, now)
	b.last = now
}

// wait returns how long it takes until each group of t has a turn.
func (t *turn) wait(now time.Time) time.Duration {
	longest := time.Duration(0)
	for _, b := range t.of {
		longest = max(longest, b.wait(now))
	}
	return longest
}

// last returns when a group of t had its last turn.
func (t *turn) last() (last time.Time) {
	for _, b := range t.of {
		if b.last.After(last) {
			last = b.last
		}
	}
	return last
}

// newGuesses returns guesses of which so many a second are looked up; 0: usualLookUps.
func newGuesses(clock clockwork.Clock, lookUps int) *guesses {
	step := time.Second / time.Duration(cmp.Or(lookUps, usualLookUps))
	return &guesses{
		clock: clock, right: map[digest]struct{}{}, wrong: map[digest]refusal{}, all: budget{step: step},
		of: map[string]*budget{}, looking: map[digest]struct{}{},
	}
}

// passing is a refusal that may not hold the next time. It is not remembered.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

// errUnknown is for a look that panics. It counts as wrong, as one does that fails.
var errUnknown = errors.New("access: the look did not end")

// look returns what f returns, which looks a secret up: nil if it is right, a refusal if it
// is wrong, and another error if that cannot be told. Calls with the same secret share a
// refusal for wrongLife.
func (g *guesses) look(ctx context.Context, secret, address string, f func() error) error {
	t := &turn{secret: sha256.Sum256([]byte(secret)), from: address, comes: make(chan struct{})}
	if err := g.begin(ctx, t); err != nil {
		return err
	}
	err := errUnknown
	defer func() { g.end(t, err) }()
	err = f()
	return err
}

// lookAtOnce is look for a secret that nobody can make up, and so needs no turn. A refusal is shared for wrongLife.
func (g *guesses) lookAtOnce(secret string, f func() error) error {
	t := &turn{secret: sha256.Sum256([]byte(secret))}
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

// begin returns when t has its turn, or why it gets none. A secret that was right needs none.
func (g *guesses) begin(ctx context.Context, t *turn) error {
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
	g.advance() // it may not pass those who wait
	g.mu.Unlock()
	return g.await(ctx, t)
}

// await waits for the turn of t.
func (g *guesses) await(ctx context.Context, t *turn) error {
	select {
	case <-t.comes:
		return t.why
	default:
	}
	timer := g.clock.NewTimer(longestTurn)
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
			"second.", fault.Seconds(longestTurn))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.queue, t); at >= 0 {
		g.queue = slices.Delete(g.queue, at, at+1)
		g.leave(t)
		return err
	}
	return t.why // its turn has just come
}

// grant gives t its turn, which first has found to be due. g.mu is held.
func (g *guesses) grant(t *turn, now time.Time) {
	g.all.takeTurn(now)
	for _, b := range t.of {
		b.takeTurn(now)
	}
	g.looking[t.secret] = struct{}{}
	close(t.comes)
}

// advance gives their turns to those in the queue whose time has come. g.mu is held.
func (g *guesses) advance() {
	now := g.clock.Now()
	for len(g.queue) > 0 {
		wait := g.all.wait(now)
		if wait <= 0 {
			var at int
			at, wait = g.first(now)
			if at >= 0 {
				g.grant(g.queue[at], now)
				g.queue = slices.Delete(g.queue, at, at+1)
				continue
			}
		}
		if wait > 0 {
			g.next(wait)
		}
		return
	}
}

// first returns where in the queue the one is whose turn is next; -1 if nobody's time has come,
// with the time until somebody's has, or 0 if all wait for what is being looked up. g.mu is held.
func (g *guesses) first(now time.Time) (at int, wait time.Duration) {
	at = -1
	for i, t := range g.queue {
		if _, busy := g.looking[t.secret]; busy {
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

// next has the queue advance after a while, or earlier. g.mu is held.
func (g *guesses) next(after time.Duration) {
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

// end notes what came of a look, and tells those that have asked for the same.
func (g *guesses) end(t *turn, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	code, passes := fault.CodeOf(err), errors.As(err, new(passing))
	wrong := !passes && (code == fault.KeyInvalid || code == fault.Removed)
	switch {
	case err == nil:
		if t.comes != nil { // else it needs no turn, whether it was right or not
			remember(g.right, t.secret, struct{}{})
		}
		delete(g.wrong, t.secret)
	case passes:
		delete(g.right, t.secret) // each further look has its turn
	case wrong:
		remember(g.wrong, t.secret, refusal{g.clock.Now().Add(wrongLife), err})
		delete(g.right, t.secret)
	}
	if t.of == nil || t.free { // it had no turn of its own
		return
	}
	delete(g.looking, t.secret)
	if err == nil {
		now := g.clock.Now()
		g.all.Spend(-g.all.step, now)
		for _, b := range t.of {
			b.Spend(-b.step, now)
		}
	}
	g.leave(t)
	if err == nil || wrong {
		g.queue = slices.DeleteFunc(g.queue, func(other *turn) bool {
			if other.secret != t.secret {
				return false
			}
			other.free, other.why = !wrong, err
			g.leave(other)
			close(other.comes)
			return true
		})
	}
	g.advance()
}

// leave ends what t has of its address. One that has spent nothing takes no memory. g.mu is
// held.
func (g *guesses) leave(t *turn) {
	for _, b := range t.of {
		b.calls--
		if b.calls == 0 && b.Refill(g.clock.Now()) == 0 {
			delete(g.of, b.group)
		}
	}
}

// budget returns that of a group. g.mu is held.
func (g *guesses) budget(group ident.Group) *budget {
	b := g.of[group.Key]
	if b != nil {
		return b
	}
	for other, b := range g.of { // in any order
		if len(g.of) < mostAddresses {
			break
		}
		if b.calls == 0 {
			delete(g.of, other)
		}
	}
	b = &budget{group: group.Key, step: guessEvery / time.Duration(group.Times)}
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
