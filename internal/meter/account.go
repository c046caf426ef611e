package meter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// Account is the record of one request. Several goroutines may call its methods at
// once. On nil, which stands for a request without an account, they do nothing.
type Account struct {
	meter *Meter

	mu     sync.Mutex
	tool   string
	code   string
	room   func() string // returns the room's id; nil: unknown
	body   int64         // bytes of the body
	held   int64         // how much of it counts against the limit
	read   float64       // units
	write  float64
	waited bool
	closed bool
}

// Open starts the account of a request. The caller must call Close.
func (m *Meter) Open() *Account { return &Account{meter: m} }

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
	a.tool, a.code = tool, CodeGone
}

// End records the outcome of the call. room returns the id of its room, or "" if
// that is unknown. It is called only when somebody asks for it, at any time.
func (a *Account) End(code string, room func() string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.code, a.room = code, room
}

// Room returns 8 hexadecimal digits that identify the call's room in the log, or
// "". They are a hash of its id, so they reveal neither the id nor the name.
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
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:4])
}

// bodyFloor is the least that a body counts while its request is being processed,
// since the parsed form takes memory as well.
const bodyFloor = 16 << 10

// Grow records that n more bytes of the body have arrived, and reports whether they
// are within the limit.
func (a *Account) Grow(n int) bool {
	if a == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.body += int64(n)
	more := max(a.body, bodyFloor) - a.held
	if more <= 0 {
		return true
	}
	if !a.meter.bodies.take(more) {
		return false
	}
	a.held += more
	return true
}

// BeginWait records that the call waits until EndWait, and reports whether that is
// within the limit.
func (a *Account) BeginWait() bool {
	if a == nil {
		return true
	}
	if !a.meter.waits.take(1) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waited = true
	if a.held > a.body {
		a.meter.bodies.give(a.held - a.body)
		a.held = a.body
	}
	return true
}

// EndWait ends a wait for which BeginWait has returned true.
func (a *Account) EndWait() {
	if a != nil {
		a.meter.waits.give(1)
	}
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
	a.meter.bodies.give(a.held)
	a.held, a.body = 0, 0
	a.mu.Unlock()
	if first && call.Tool != "" && a.meter.observe != nil {
		a.meter.observe(call)
	}
	return call
}
