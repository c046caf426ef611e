package meter

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
)

// Account is the record of one request. Several goroutines may call the methods at once. The methods of nil, for a
// request without an account, do nothing.
type Account struct {
	meter  *Meter
	caller string // see Of

	mu     sync.Mutex
	began  time.Time // when the call of a tool began
	tool   string
	code   string
	room   func() string // returns the room's id; nil: unknown
	body   claim         // the counted part of the body
	read   float64       // units
	write  float64
	waited bool
	closed bool
}

// Open starts the account of a request. The caller must call Close.
func (m *Meter) Open() *Account { return &Account{meter: m} }

// Of sets the caller of the request, for the limits on each caller: see ident.ClientKey. Call Of before the methods
// that may refuse.
func (a *Account) Of(caller string) { a.caller = caller }

type accountKey struct{}

// With returns a context in which From finds a.
func With(ctx context.Context, a *Account) context.Context {
	return context.WithValue(ctx, accountKey{}, a)
}

// From returns the account of ctx, or nil.
func From(ctx context.Context) *Account {
	a, _ := ctx.Value(accountKey{}).(*Account)
	return a
}

// Begin records that the request calls a tool. Without a call of End, the outcome
// is CodeGone.
func (a *Account) Begin(tool string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.began, a.tool, a.code = time.Now(), tool, CodeGone
}

// Began returns when the call of a tool began; now, without an account.
func (a *Account) Began() time.Time {
	if a == nil {
		return time.Now()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.began
}

// End records the outcome of the call. room returns the id of its room, or "" if that is unknown. room is called only
// when somebody asks for the id, at any time.
func (a *Account) End(code string, room func() string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.code, a.room = code, room
}

// Room returns the digits that identify the call's room in the log, or "": see table.Digest.
func (a *Account) Room() string {
	a.mu.Lock()
	room := a.room
	a.mu.Unlock()
	if room == nil {
		return ""
	}
	id := room()
	if id == "" {
		return ""
	}
	return table.Digest(id)
}

// Arrive records that a body begins to arrive, or refuses the body.
func (a *Account) Arrive() error { return a.acquire(claim{arriving: true}) }

// Grow records that the arriving body takes n bytes by now, or refuses the body.
func (a *Account) Grow(n int) error {
	if n <= FreeBody {
		return nil
	}
	return a.acquire(claim{bytes: int64(n), arriving: true})
}

// Arrived records that the body is complete and takes n bytes, or refuses the body.
func (a *Account) Arrived(n int) error { return a.acquire(claim{bytes: max(int64(n), bodyFloor)}) }

// acquire replaces the claim of the body, or refuses.
func (a *Account) acquire(is claim) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.meter.bodies.change(a.caller, a.body, is)
	if err == nil {
		a.body = is
	}
	return err
}

// BeginWait records that the call waits until end is called, once, or refuses the wait. The body no longer counts:
// from here on nothing may keep the body in memory.
func (a *Account) BeginWait() (end func(), err error) {
	if a == nil {
		return func() {}, nil
	}
	end, err = a.meter.waits.Acquire(a.caller)
	if err != nil {
		return nil, err
	}
	_ = a.acquire(claim{}) // less is never refused
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waited = true
	return end, nil
}

// spend adds units of DynamoDB's capacity.
func (a *Account) spend(read, write float64) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read += read
	a.write += write
}

// Close ends the account and returns the call. If a tool was called, the Meter's
// observer receives the call. Records made later are lost, and so are further
// calls of Close.
func (a *Account) Close(took time.Duration) Call {
	a.mu.Lock()
	call := Call{Tool: a.tool, Code: a.code, Took: took, Waited: a.waited, ReadUnits: a.read, WriteUnits: a.write}
	first := !a.closed
	a.closed = true
	a.mu.Unlock()
	_ = a.acquire(claim{}) // less is never refused
	if first && call.Tool != "" && a.meter.observe != nil {
		a.meter.observe(call)
	}
	return call
}
