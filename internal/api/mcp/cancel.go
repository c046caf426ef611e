package mcp

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
)

// cancelled is the notification of a client that gives a call up and may leave its connection open (MCP
// 2025-11-25, "Cancellation"). From 2026-07-28 on the end of the stream says the same.
const cancelled = "notifications/cancelled"

// openWaits are the calls of a server that wait, by who makes them. Without sessions nothing tells two
// clients of one caller apart that use the same id, so they share an entry, and are given up together:
// whose wait ends that did not mean to, waits again. Many goroutines may use them at once.
type openWaits struct {
	mu   sync.Mutex
	open map[callKey]*openWait
}

// callKey is the caller of limits, and the id of its call with its type: "5" is not 5.
type callKey struct{ caller, id string }

type openWait struct {
	givenUp chan struct{}
	calls   int // that wait
}

// begin adds a call that waits, until end is called. givenUp is closed if its client gives it up.
func (w *openWaits) begin(key callKey) (givenUp <-chan struct{}, end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[callKey]*openWait{}
	}
	o := w.open[key]
	if o == nil {
		o = &openWait{givenUp: make(chan struct{})}
		w.open[key] = o
	}
	o.calls++
	return o.givenUp, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		o.calls--
		if o.calls == 0 && w.open[key] == o {
			delete(w.open, key)
		}
	}
}

// giveUp ends the waits of a call.
func (w *openWaits) giveUp(key callKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.open[key]; o != nil {
		close(o.givenUp)
		delete(w.open, key)
	}
}

// cancel ends the wait that a notification names, if it is one of this process.
func (s *Server) cancel(ctx context.Context, m *Message) {
	var p struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(m.params.raw, &p) == nil && p.RequestID != nil && exactID(p.RequestID) {
		s.waits.giveUp(callKey{ident.ClientKey(ctx), plainID(p.RequestID)})
	}
}

// plainID returns the one spelling of an id that exactID accepts. A string keeps a quote.
func plainID(id json.RawMessage) string {
	if id[0] == '"' {
		return `"` + text(id)
	}
	n, _ := strconv.ParseInt(string(id), 10, 64)
	return strconv.FormatInt(n, 10)
}

// madeCall is a call and the server that makes it.
type madeCall struct {
	waits *openWaits
	id    json.RawMessage
}

type madeCallKey struct{}

// Waits says that the call of ctx waits, until end is called. givenUp is closed if its client says that it
// has given the call up; nil: it cannot say so. The call should then end as if its time were up.
func Waits(ctx context.Context) (givenUp <-chan struct{}, end func()) {
	c, ok := ctx.Value(madeCallKey{}).(madeCall)
	if !ok {
		return nil, func() {}
	}
	return c.waits.begin(callKey{ident.ClientKey(ctx), plainID(c.id)})
}
