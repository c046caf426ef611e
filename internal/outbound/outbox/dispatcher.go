package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Options of a Dispatcher. Rooms, Out, View, Clock and Logger are required.
type Options struct {
	Rooms *chat.Service
	Out   *outcall.Caller
	// Public is the address under which others reach this server; "" if nobody has said it. A hook is called
	// only by servers with the address of the one that made it, so that a copy of a table calls nobody.
	Public string
	// Local says that only this machine can reach the server. Its callers may have hooks that lead to the
	// machine itself.
	Local bool
	// Alone says that no other process calls for the hooks of the table.
	Alone bool
	// Places is how many of the processes on the table make calls at once, and half of these at most for one account;
	// 0: any number, except of endpoints (see slotsOfEndpoints). It bounds the instances that calls take on AWS, where
	// nothing else does. No look waits itself then for what an endpoint is due soon.
	Places int
	// View returns a message as webhooks are told of it, for JSON.
	View func(chat.Message) any
	// Admits reports whether the server still admits a principal by a sign-in, or by "" for none (see
	// ident.Principal). Nil means that it does.
	Admits func(ctx context.Context, principal, signIn string) (bool, error)
	Clock  clockwork.Clock
	Logger *slog.Logger
	// Observe hears of each call. Nil means that nobody does. Many goroutines may call it at once.
	Observe func(CallOutcome)
}

// CallOutcome is what became of a call, for metrics.
type CallOutcome struct {
	Retry  bool // it repeats one that failed
	Failed bool // it did not wake the agent, the host of a webhook has not taken it, or an endpoint has not answered
}

// Dispatcher makes the calls of the hooks of a table. Many goroutines may use it at once, and many processes with the
// same table.
type Dispatcher struct {
	o      Options
	agents *agentcall.Client

	readers chan struct{} // has one for each look that reads the table

	mu        sync.Mutex
	jobRunner func(hookRef, *job) // see runJob; nil unless Run works, so that a program without Run links no looks
	jobs      map[hookRef]*job
	failing   map[string]time.Time // since when calls of a hook fail, as far as looks have shown: see Failing
	allowed   map[string]time.Time // when a hook may be called that is to be called: see allowedAt
	slots     map[string]*slot     // that calls use: see need
	busy      sync.WaitGroup       // of the goroutines in jobs
}

// maxReaders is how many looks of a process read the table at once, so that a scan leaves some of it to others.
const maxReaders = 64

// New returns a Dispatcher.
func New(o Options) *Dispatcher {
	return &Dispatcher{o: o, agents: agentcall.New(o.Out), readers: make(chan struct{}, maxReaders),
		jobs: map[hookRef]*job{}, failing: map[string]time.Time{}, allowed: map[string]time.Time{},
		slots: map[string]*slot{}}
}

// Failing returns for how long the calls of a hook have failed whose agent has unread news, or, of a webhook or an
// endpoint, that are still to be repeated: the longest time of those that this process has looked at. It returns 0 if
// there is none.
func (d *Dispatcher) Failing() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	oldest := time.Duration(0)
	for _, since := range d.failing {
		oldest = max(oldest, d.now().Sub(since))
	}
	return oldest
}

// accountOf returns for whom the calls of a hook count: the principal of a key, else its room.
func accountOf(x roomlog.HookItem) string {
	if ident.KeyOf(x.Principal) == "" {
		return x.Room
	}
	return x.Principal
}

// CallsOthers reports whether addresses of other machines are called. A nil Dispatcher calls nobody.
func (d *Dispatcher) CallsOthers() bool { return d != nil && d.o.Public != "" }

// CallsAnybody reports whether any address is called: one of another machine, or of this one. A nil Dispatcher calls
// nobody.
func (d *Dispatcher) CallsAnybody() bool { return d.CallsOthers() || d != nil && d.o.Local }

func (d *Dispatcher) now() time.Time { return d.o.Clock.Now() }

// sleep waits for the pause, or until ctx ends.
func (d *Dispatcher) sleep(ctx context.Context, pause time.Duration) error {
	return roomlog.Sleep(ctx, d.o.Clock, pause)
}
