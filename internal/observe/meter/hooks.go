package meter

import (
	"sync/atomic"
	"time"
)

// Hooks are the calls to agents, webhooks and endpoints: see package outbox.
type Hooks struct {
	Calls    int64
	Retries  int64         // calls that repeated a failed call
	Failures int64         // calls that failed
	Failing  time.Duration // now: the longest time for which an address with a pending call could not be called
}

type hooks struct {
	calls, retries, failures atomic.Int64
	failing                  atomic.Pointer[func() time.Duration]
}

// Hook counts a call.
func (m *Meter) Hook(retry, failed bool) {
	m.hooks.calls.Add(1)
	if retry {
		m.hooks.retries.Add(1)
	}
	if failed {
		m.hooks.failures.Add(1)
	}
}

// WatchHooks sets the source of Hooks.Failing.
func (m *Meter) WatchHooks(failing func() time.Duration) { m.hooks.failing.Store(&failing) }

func (h *hooks) totals() Hooks {
	t := Hooks{Calls: h.calls.Load(), Retries: h.retries.Load(), Failures: h.failures.Load()}
	if failing := h.failing.Load(); failing != nil {
		t.Failing = (*failing)()
	}
	return t
}
