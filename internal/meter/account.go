package meter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// Account is what is known of one request. Its methods may be called by several
// goroutines at once, and do nothing on nil, which stands for a request that
// nobody keeps account of.
type Account struct {
	meter *Meter

	mu     sync.Mutex
	tool   string
	code   string
	room   func() string // the room's id; nil: not known
	body   int64         // bytes of the body
	held   int64         // what of it is counted
	read   float64       // units
	write  float64
	waited bool
	closed bool
}

// Open begins the account of a request. It is to be ended with Close.
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

// Begin notes that the request calls a tool. Until End is called, nobody is there
// to take the answer.
func (a *Account) Begin(tool string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tool, a.code = tool, CodeGone
}

// End notes what the call came to. room returns the id of its room, "" where that
// is not known; it is called only if somebody asks, and at any time.
func (a *Account) End(code string, room func() string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.code, a.room = code, room
}

// Room returns a name for the call's room that tells nobody who does not know the
// room's id which it is, nor what it is called: 8 hexadecimal digits, or "".
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

// bodyFloor is what the body of a request counts for while the request is worked
// on: what is made of the body takes memory, too.
const bodyFloor = 16 << 10

// Grow notes that n bytes more of the body have come, and reports whether there is
// room for them.
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

// BeginWait notes that the call waits from now on, until EndWait, and reports
// whether one more may.
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

// EndWait ends what a BeginWait began that returned true.
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

// Close ends the account, tells the Meter's observer if a tool was called, and
// returns what is known. What is noted later is lost. Only the first Close counts.
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
