package httpapi

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// pulse shows a client that its request is alive until the answer is complete: clients and proxies close silent
// connections. A pulse costs one timer and no goroutine.
type pulse struct {
	ex    *exchange
	every time.Duration // the longest silence

	mu     sync.Mutex
	timer  clockwork.Timer // set under mu, because the timer may fire at once
	open   bool            // the header is sent
	closed bool            // no sign of life may follow
	gone   bool            // a write failed
}

// start calls beat after the first silence, of at most first, and after each later silence of every, with mu held. beat
// sends a sign of life.
func (p *pulse) start(clock clockwork.Clock, first time.Duration, beat func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = clock.AfterFunc(min(first, p.every), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.closed { // the timer may fire late, after the end
			return
		}
		beat()
		if !p.gone {
			p.timer.Reset(p.every)
		}
	})
}

// stop ends the beats. The caller holds mu.
func (p *pulse) stop() {
	p.closed = true
	p.timer.Stop()
}

// send sends a part of an answer at once, and before the first part the header of a success of this type. If the client
// does not read the part, the server ends the request: see [New]. The caller holds mu.
func (p *pulse) send(kind string, part []byte) {
	if p.gone {
		return
	}
	if !p.open {
		p.open = true
		header := p.ex.Header()
		header.Set("Content-Type", kind)
		if header.Get("Cache-Control") == "" { // an address with a secret has set a stricter value
			header.Set("Cache-Control", "no-cache")
		}
		header.Set("X-Accel-Buffering", "no") // else a proxy may collect the beats
		p.ex.WriteHeader(http.StatusOK)
	}
	_, err := p.ex.Write(part)
	if err == nil {
		err = p.flush()
	}
	// A writer without Flush sends at once or at the end.
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		p.gone = true
	}
}

func (p *pulse) flush() error { return http.NewResponseController(p.ex).Flush() }

// The types of answers, and the sign of life in a stream of events: a comment.
const (
	jsonType   = "application/json"
	eventsType = "text/event-stream"

	stillHere = ": still here\n\n"
)
