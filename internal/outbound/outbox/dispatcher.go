package outbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush"
)

// Options of a Dispatcher. Rooms, Out, View, Clock and Logger are required.
type Options struct {
	Rooms *chat.Service
	Out   *outcall.Caller
	// Public is the address of this server for others; "" if unknown. A hook is called only by servers with the
	// Public under which the hook was made, so a copy of a table calls nobody.
	Public string
	// Local says that only this machine can reach the server. Callers may then have hooks at addresses of this machine.
	Local bool
	// SingleProcess says that no other process calls the hooks of the table.
	SingleProcess bool
	// Places is how many processes on the table make calls at once, at most half of them for one account. 0: no
	// limit, except for endpoints (see slotsOfEndpoints). Places bounds the instances on AWS. If Places is not 0, no
	// pass waits for an endpoint.
	Places int
	// PushServices are hosts, with a port, that are called as push services beside the real ones, for tests.
	PushServices []string
	// View returns the JSON form of a message for webhooks.
	View func(chat.Message) any
	// Admits reports whether the server still admits a principal by a sign-in; "" is no sign-in (see ident.Principal).
	// Nil admits everybody.
	Admits func(ctx context.Context, principal, signIn string) (bool, error)
	Clock  clockwork.Clock
	Logger *slog.Logger
	// Observe is told of each call. Many goroutines may call Observe at once. Nil means that nobody is told.
	Observe func(CallOutcome)
}

// CallOutcome is the outcome of one call, for metrics.
type CallOutcome struct {
	Retry  bool // the call repeats a failed call
	Failed bool // no agent was woken, no host took the event, or no endpoint answered
}

// Dispatcher makes the calls of the hooks of a table. Many goroutines may use a Dispatcher at once, and many processes
// may use the same table.
type Dispatcher struct {
	o      Options
	agents *agentcall.Client

	readers chan struct{} // has an element for each pass that reads the table

	mu        sync.Mutex
	jobRunner func(hookRef, *job) // runJob; nil unless Run runs: so the linker drops passes from a program without Run
	jobs      map[hookRef]*job
	failing   map[string]time.Time // by hook: since when its calls fail, as passes have seen
	allowed   map[string]time.Time // by hook: when the limit allows its next call: see allowedAt
	slots     map[string]*slot     // by slotNeed.key: the slots of calls under way
	busy      sync.WaitGroup       // of the goroutines in jobs

	key atomic.Pointer[webpush.Key] // nil until it is needed
}

// maxReaders is how many passes of a process read the table at once, so that a scan leaves capacity to others.
const maxReaders = 64

// New returns a Dispatcher.
func New(o Options) *Dispatcher {
	return &Dispatcher{o: o, agents: agentcall.New(o.Out), readers: make(chan struct{}, maxReaders),
		jobs: map[hookRef]*job{}, failing: map[string]time.Time{}, allowed: map[string]time.Time{},
		slots: map[string]*slot{}}
}

// Failing returns the longest time for which calls of a hook have failed, as passes of this process have seen. Only
// wakes with unread news, and webhooks and endpoints with a call to repeat, count. 0 means that no call fails.
func (d *Dispatcher) Failing() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	oldest := time.Duration(0)
	for _, since := range d.failing {
		oldest = max(oldest, d.now().Sub(since))
	}
	return oldest
}

// accountOf returns the account to which the calls of a hook count: the principal of a key or, without a key, the room.
func accountOf(hook roomlog.HookItem) string {
	if ident.KeyOf(hook.Principal) == "" {
		return hook.Room
	}
	return hook.Principal
}

// CallsOthers reports whether addresses of other machines are called. A nil Dispatcher calls nobody.
func (d *Dispatcher) CallsOthers() bool { return d != nil && d.o.Public != "" }

// CallsAnybody reports whether any address is called, of another machine or of this machine. A nil Dispatcher calls
// nobody.
func (d *Dispatcher) CallsAnybody() bool { return d.CallsOthers() || d != nil && d.o.Local }

func (d *Dispatcher) now() time.Time { return d.o.Clock.Now() }

func (d *Dispatcher) sleep(ctx context.Context, pause time.Duration) error {
	return roomlog.Sleep(ctx, d.o.Clock, pause)
}
