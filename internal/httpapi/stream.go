package httpapi

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/mcp"
)

// serveStream passes m on, in this context, with a stream in front of its answer.
func (a *api) serveStream(ctx context.Context, x *exchange, r *http.Request, m *mcp.Message) {
	s := &stream{x: x, every: a.KeepAlive, header: http.Header{}}
	s.start(a.Clock)
	panicked := true
	defer func() { s.end(panicked) }()
	a.MCP(s, r.WithContext(mcp.WithStream(ctx, s)), m)
	panicked = false
}

// stream is the answer to a POST whose client accepts events. Clients and proxies close silent
// connections. A JSON answer that comes before the first beat goes out as it is. Any other
// becomes a stream of events: comments, or the messages from OnBeat, and finally the JSON answer
// as one event.
//
// It costs one timer and no goroutine. It has a header of its own, because some servers use the
// real one in another goroutine once it is written.
type stream struct {
	x     *exchange
	every time.Duration

	mu     sync.Mutex
	timer  clockwork.Timer // set under mu, because it may fire before it is set
	next   func() []byte   // what a beat says; nil: a comment
	open   bool            // events have begun, so the answer is an event too
	closed bool            // only the answer may still come
	gone   bool            // a write failed

	header http.Header  // the handler's
	status int          // the handler's; 0 before it answers
	held   bytes.Buffer // the answer, if events have begun
}

func (s *stream) start(clock clockwork.Clock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = clock.AfterFunc(s.every, s.beat)
}

// beat keeps the connection alive. It may run late, after the end.
func (s *stream) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.next == nil {
		s.write([]byte(": still here\n\n"))
	} else {
		s.write(event(s.next()))
	}
	if !s.gone {
		s.timer.Reset(s.every)
	}
}

// OnBeat implements [mcp.Stream].
func (s *stream) OnBeat(next func() []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
}

// Send implements [mcp.Stream].
func (s *stream) Send(message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.write(event(message))
	}
}

// event writes a message as a server-sent event (HTML standard, 9.2). Line breaks in
// JSON are only between its parts, where they mean nothing.
func event(message []byte) []byte {
	line := bytes.ReplaceAll(bytes.TrimSpace(message), []byte("\n"), []byte(" "))
	return append(append([]byte("event: message\ndata: "), line...), "\n\n"...)
}

// write sends events, and begins the stream if necessary. If the client does not read
// them it has left: the server ends the request, see [New]. The caller holds mu.
func (s *stream) write(events []byte) {
	if s.gone {
		return
	}
	if !s.open {
		s.open = true
		h := s.x.Header()
		h.Set("Content-Type", "text/event-stream")
		if h.Get("Cache-Control") == "" { // an address with a secret has a stricter one
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("X-Accel-Buffering", "no") // else a proxy may collect the beats
		s.x.WriteHeader(http.StatusOK)
	}
	s.x.writeSoon()
	_, err := s.x.Write(events)
	if err == nil {
		err = http.NewResponseController(s.x).Flush()
	}
	// A writer without Flush sends at once or at the end.
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.gone = true
	}
}

// Header implements [http.ResponseWriter].
func (s *stream) Header() http.Header { return s.header }

// WriteHeader implements [http.ResponseWriter]. It ends the beats. Once events have
// begun the status is lost, because every stream is a success in HTTP; the answer says
// the same in JSON-RPC.
func (s *stream) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status != 0 {
		return
	}
	s.status, s.closed = status, true
	s.timer.Stop()
	if !s.open {
		maps.Copy(s.x.Header(), s.header)
		s.x.WriteHeader(status)
	}
}

// Write implements [http.ResponseWriter].
func (s *stream) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK) // if there was none
	if s.open {
		return s.held.Write(p)
	}
	return s.x.Write(p)
}

// end sends the last event, if events have begun. Nothing is written after it.
func (s *stream) end(panicked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.timer.Stop()
	switch {
	case !s.open:
	case panicked:
		s.write(event(rpcError(s.x.rpcID, rpcFault{Code: codeInternal, Message: s.x.failed()})))
	case s.status == 0:
		s.write(event(rpcError(s.x.rpcID, rpcFault{Code: codeInternal, Message: cutOff})))
	case s.held.Len() > 0:
		s.write(event(s.held.Bytes()))
	}
}
