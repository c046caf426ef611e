package chat_test

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

// watchedClock is a fake clock that knows which timers a service has made, so that a
// test can wait until a call waits, and until a function that was due has returned.
type watchedClock struct {
	*clockwork.FakeClock
	mu    sync.Mutex
	made  map[time.Duration]int // how often a timer was set, by its duration
	due   map[*watchedTimer]time.Time
	funcs []*watchedFunc // that have neither returned nor been stopped
}

// watchedFunc is a function that is called at a time.
type watchedFunc struct {
	clockwork.Timer
	due  time.Time
	over chan struct{} // closed once it has returned or been stopped
	once sync.Once
}

func (f *watchedFunc) end() { f.once.Do(func() { close(f.over) }) }

func (f *watchedFunc) Stop() bool {
	stopped := f.Timer.Stop()
	if stopped {
		f.end()
	}
	return stopped
}

// watchedTimer is a timer of which each setting counts.
type watchedTimer struct {
	clockwork.Timer
	clock *watchedClock
}

func (t *watchedTimer) Reset(d time.Duration) bool {
	was := t.Timer.Reset(d)
	t.clock.note(t, d)
	return was
}

func (t *watchedTimer) Stop() bool {
	t.clock.mu.Lock()
	delete(t.clock.due, t)
	t.clock.mu.Unlock()
	return t.Timer.Stop()
}

func (c *watchedClock) note(t *watchedTimer, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[d]++
	c.due[t] = c.Now().Add(d)
}

func (c *watchedClock) NewTimer(d time.Duration) clockwork.Timer {
	t := &watchedTimer{c.FakeClock.NewTimer(d), c}
	c.note(t, d)
	return t
}

// isAnswered reports whether each timer that has fired was set again or stopped.
func (c *watchedClock) isAnswered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, due := range c.due {
		if !due.After(c.Now()) {
			return false
		}
	}
	return true
}

// AfterFunc learns when the function is due after the timer is set. While another goroutine lets time pass, a time from
// before would be too early, and settle would wait for a function that the clock does not call yet.
func (c *watchedClock) AfterFunc(d time.Duration, do func()) clockwork.Timer {
	f := &watchedFunc{over: make(chan struct{})}
	f.Timer = c.FakeClock.AfterFunc(d, func() { defer f.end(); do() })
	c.mu.Lock()
	defer c.mu.Unlock()
	f.due = c.Now().Add(d)
	c.funcs = append(c.funcs, f)
	return f
}

// count returns how often a timer was set to a duration.
func (c *watchedClock) count(d time.Duration) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made[d]
}

// next returns a function that is due and has not returned; nil if there is none.
func (c *watchedClock) next() *watchedFunc {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.funcs[:0]
	var due *watchedFunc
	for _, f := range c.funcs {
		select {
		case <-f.over:
			continue
		default:
		}
		left = append(left, f)
		if !f.due.After(c.Now()) {
			due = f
		}
	}
	c.funcs = left
	return due
}

// settle waits until every function that is due has returned.
func (w *world) settle() {
	w.t.Helper()
	for f := w.watch.next(); f != nil; f = w.watch.next() {
		select {
		case <-f.over:
		case <-time.After(chat.Patience): // only a broken service gets here
			w.t.Fatal("a function that was due did not return")
		}
	}
}

// pass lets time pass in small steps.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	const step = 500 * time.Millisecond
	for w.settle(); d > 0; w.settle() {
		w.clock.Advance(min(d, step))
		d -= step
	}
}

// longWait is what a client that ends a call after five minutes asks for.
const longWait = 290 * time.Second

// open begins a wait and returns once it waits.
func (w *world) open(ctx context.Context, req chat.WaitRequest) <-chan answer {
	w.t.Helper()
	d := min(req.Wait, core.MaxWait)
	before := w.watch.count(d)
	got := w.waiting(ctx, req)
	await(w.t, "the wait", func() bool { return w.watch.count(d) > before || len(got) > 0 })
	return got
}

// goesRound lets time pass until the only wait, which looks after its lease in intervals of renewed, has done so twice:
// between the two it has looked at all that its process knew.
func (w *world) goesRound(renewed time.Duration) {
	w.t.Helper()
	for range 2 {
		before := w.watch.count(renewed)
		w.pass(renewed)
		await(w.t, "the wait", func() bool { return w.watch.count(renewed) > before })
	}
}

// another returns a service in another process on the same table and clock. It waits as
// long as the clock says.
func (w *world) another() *world {
	return &world{t: w.t, clock: w.clock, table: w.table, watch: w.watch,
		Service: chat.New(w.table, chat.Options{Clock: w.watch})}
}

// blocked waits until this many timers run beside the table's own.
func (w *world) blocked(timers int) {
	w.t.Helper()
	if err := w.clock.BlockUntilContext(w.t.Context(), 1+timers); err != nil {
		w.t.Fatal(err)
	}
}
