package mcp

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
)

// cancelled is the notification of a client that cancels a call and may leave its connection open (MCP 2025-11-25,
// "Cancellation"). From 2026-07-28 on the end of the stream says the same.
const cancelled = "notifications/cancelled"

// openWaits are the waiting calls of a server, by caller and id. Without sessions, the server cannot tell apart two
// clients of one caller with the same id. So both calls share an entry, and end together: the client that has not
// cancelled its wait waits again. Many goroutines may use openWaits at once.
type openWaits struct {
	mu   sync.Mutex
	open map[callKey]*openWait
}

// callKey is the caller for limits, and the id of a call with the type of the id: "5" is not 5.
type callKey struct{ caller, id string }

type openWait struct {
	givenUp chan struct{}
	calls   int // that wait
}

// begin adds a waiting call, until end is called. givenUp is closed if the client cancels the call.
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

// cancel ends the waits of a call.
func (w *openWaits) cancel(key callKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.open[key]; o != nil {
		close(o.givenUp)
		delete(w.open, key)
	}
}

// cancel ends the wait that a notification names, if the wait is in this process.
func (s *Server) cancel(ctx context.Context, m *Message) {
	var p struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(m.params.raw, &p) == nil && p.RequestID != nil && isID(p.RequestID) {
		s.waits.cancel(callKey{ident.ClientKey(ctx), plainID(p.RequestID)})
	}
}

// madeCall is a call, with the waits of its server.
type madeCall struct {
	waits *openWaits
	id    json.RawMessage
}

type madeCallKey struct{}

// Waits records that the call of ctx waits, until end is called. givenUp is closed if the client cancels the call,
// which should then end as at its deadline; nil: the client cannot cancel.
func Waits(ctx context.Context) (givenUp <-chan struct{}, end func()) {
	c, ok := ctx.Value(madeCallKey{}).(madeCall)
	if !ok {
		return nil, func() {}
	}
	return c.waits.begin(callKey{ident.ClientKey(ctx), plainID(c.id)})
}
