package lambdatest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ErrBusy means that no instance was free to take an invocation.
var ErrBusy = errors.New("lambdatest: the instances are busy")

// Fleet is a deployed function: a bounded number of instances of one program. It
// starts an instance when an invocation needs one, gives it one invocation at a
// time, freezes it when that is over ("Lambda execution environment lifecycle"), and
// kills it if it is not over by its deadline. Many goroutines may call its methods
// at once.
type Fleet struct {
	// Timeout is the timeout of the function. Change it only between invocations.
	Timeout time.Duration

	t       testing.TB
	program Program
	dir     string

	mu      sync.Mutex
	places  []*place
	started []*Instance
}

// place is where one instance after the other runs.
type place struct {
	instance *Instance     // nil: none
	busy     chan struct{} // closed when the invocation that is under way, or about to be, is over; nil: none is
	over     int           // invocations so far that are over
	deadline *time.Timer   // of the invocation; nil: none
	ready    chan struct{} // closed with the first request of the instance
}

// Choice decides which place takes an invocation, given those that are free. Places
// count from 0; a result of -1 refuses the invocation, which else waits until the
// place is free. Choices are made one at a time.
type Choice func(free []int) int

// First chooses the first free place, so that an instance is started only if all
// others are busy.
func First(free []int) int {
	if len(free) == 0 {
		return -1
	}
	return free[0]
}

// Only chooses the place k and waits for it.
func Only(k int) Choice { return func([]int) int { return k } }

// AtRandom chooses a free place at random.
func AtRandom(r *rand.Rand) Choice {
	return func(free []int) int {
		if len(free) == 0 {
			return -1
		}
		return free[r.IntN(len(free))]
	}
}

// Deploy returns the function p with at most so many instances. None runs yet; all
// end with the test.
func Deploy(t testing.TB, p Program, most int) *Fleet {
	t.Helper()
	f := &Fleet{Timeout: 5 * time.Minute, program: p, dir: t.TempDir()}
	ends := &lasting{TB: t}
	f.t = ends
	t.Cleanup(ends.end)
	for range most {
		f.places = append(f.places, &place{})
	}
	return f
}

// lasting is a test whose cleanups are done where it was made, among those of the test:
// the instances are there until what was made after the function has let go of it,
// whenever they were started.
type lasting struct {
	testing.TB

	mu       sync.Mutex
	cleanups []func()
}

func (l *lasting) Cleanup(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, f)
}

// end does them, the last one first, and those that come meanwhile.
func (l *lasting) end() {
	for f := l.last(); f != nil; f = l.last() {
		f()
	}
}

func (l *lasting) last() (f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.cleanups); n > 0 {
		f, l.cleanups = l.cleanups[n-1], l.cleanups[:n-1]
	}
	return f
}

// Invoke hands the event to the instance that is chosen. It returns what [Runtime.Invoke] does, or ErrBusy.
func (f *Fleet) Invoke(ctx context.Context, choose Choice, event []byte) (*Response, error) {
	return routed{f, choose}.Invoke(ctx, event)
}

// FunctionURL returns a client like that of a Runtime. choose decides where its
// requests go; if all instances are busy, they are answered with 429.
func (f *Fleet) FunctionURL(choose Choice) *http.Client {
	return &http.Client{Transport: front{routed{f, choose}, FunctionURLHost}}
}

// Handler serves the Function URL to programs that speak HTTP. An invocation
// without an answer is 502.
func (f *Fleet) Handler(choose Choice) http.Handler {
	return &httputil.ReverseProxy{
		Transport: front{routed{f, choose}, FunctionURLHost}, FlushInterval: -1,
		Rewrite: func(q *httputil.ProxyRequest) { q.Out.URL.Scheme, q.Out.URL.Host = "https", FunctionURLHost },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
}

// routed is a fleet with a choice.
type routed struct {
	*Fleet
	choose Choice
}

// Invoke hands the event to an instance. It returns what [Runtime.Invoke] does, or
// ErrBusy.
func (r routed) Invoke(ctx context.Context, event []byte) (*Response, error) {
	p, err := r.take(ctx, r.choose)
	if err != nil {
		return nil, err
	}
	i, err := r.rouse(p)
	if err != nil {
		return nil, err
	}
	return i.Invoke(ctx, event)
}

// take makes the place that is chosen busy.
func (f *Fleet) take(ctx context.Context, choose Choice) (*place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := choose(f.free())
	if k < 0 {
		return nil, ErrBusy
	}
	for p := f.places[k]; ; {
		if p.busy == nil {
			p.busy = make(chan struct{})
			return p, nil
		}
		if err := f.await(ctx, p.busy); err != nil {
			return nil, err
		}
	}
}

// free returns the free places. f.mu is held.
func (f *Fleet) free() (free []int) {
	for k, p := range f.places {
		if p.busy == nil {
			free = append(free, k)
		}
	}
	return free
}

// await waits for the end of an invocation. f.mu is held, but not while it waits.
func (f *Fleet) await(ctx context.Context, over <-chan struct{}) error {
	f.mu.Unlock()
	defer f.mu.Lock()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rouse returns the instance of a busy place, thawed or new, with its deadline set.
func (f *Fleet) rouse(p *place) (*Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.instance == nil {
		if err := f.launch(p); err != nil {
			return nil, err
		}
	}
	i := p.instance
	i.Timeout = f.Timeout
	i.Signal(thaw)
	call := p.over
	p.deadline = time.AfterFunc(f.Timeout, func() { f.overdue(p, call) })
	return i, nil
}

// launch starts an instance and returns when it asks for its first event. f.mu is
// held, but not while it waits.
func (f *Fleet) launch(p *place) error {
	ready := make(chan struct{})
	i, err := f.start(p, ready)
	if err != nil {
		p.end()
		return err
	}
	p.instance, p.ready = i, ready
	f.started = append(f.started, i)
	go f.bury(p, i)
	f.mu.Unlock()
	select {
	case <-ready:
	case <-i.exited:
	}
	f.mu.Lock()
	if p.instance != i {
		return ErrExited
	}
	return nil
}

func (f *Fleet) start(p *place, ready chan struct{}) (*Instance, error) {
	dir := filepath.Join(f.dir, strconv.Itoa(len(f.started)))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	program := f.program
	program.Idle = func() { f.rest(p, ready) }
	return start(f.t, program, dir)
}

// rest freezes the instance of a place, which has asked for an event. ready tells the
// instances of the place apart.
func (f *Fleet) rest(p *place, ready chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.ready != ready || p.instance == nil {
		return // it was killed
	}
	p.instance.Signal(freeze)
	if isClosed(ready) {
		p.end()
		return
	}
	close(ready)
}

// end ends the invocation of a place, if one is under way.
func (p *place) end() {
	if p.busy != nil {
		close(p.busy)
		p.busy = nil
	}
	p.over++
	if p.deadline != nil {
		p.deadline.Stop()
		p.deadline = nil
	}
}

// overdue kills the instance of a place at the deadline of an invocation.
func (f *Fleet) overdue(p *place, call int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.over == call && p.instance != nil {
		p.instance.Signal(syscall.SIGKILL)
	}
}

// bury frees the place of an instance when it has ended.
func (f *Fleet) bury(p *place, i *Instance) {
	<-i.exited
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.instance == i {
		p.instance = nil
		p.end()
	}
}

// Instance returns the instance in place k, or nil.
func (f *Fleet) Instance(k int) *Instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.places[k].instance
}

// Kill kills the instance in place k, if there is one, with whatever it is doing. The
// next invocation there starts another.
func (f *Fleet) Kill(k int) {
	if i := f.Instance(k); i != nil {
		i.Signal(syscall.SIGKILL)
		f.bury(f.places[k], i)
	}
}

// Settle returns when no invocation is under way, so that all instances are frozen.
// It fails the test if one goes on.
func (f *Fleet) Settle() {
	f.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if f.idle() {
			return
		}
	}
	f.t.Errorf("lambdatest: invocations are still under way after %v", patience)
}

func (f *Fleet) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.free()) == len(f.places)
}

// Started returns how many instances were started.
func (f *Fleet) Started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.started)
}

// Output returns what all instances have printed, those that ended included.
func (f *Fleet) Output() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all strings.Builder
	for _, i := range f.started {
		all.WriteString(i.Output())
	}
	return all.String()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
