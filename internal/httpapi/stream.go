package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/mcptools"
)

// serveMCP answers a POST with a JSON-RPC message.
func (a *api) serveMCP(x *exchange, r *http.Request) {
	if r.Method != http.MethodPost {
		x.Header().Set("Allow", http.MethodPost)
		x.refuse(http.StatusMethodNotAllowed, codeRefused, "This is the address of an MCP server: add it to an MCP client as it is (transport: Streamable HTTP). It takes POST only, since it keeps no sessions and has no stream to GET.")
		return
	}
	if reason := a.receive(x, r); reason != nil {
		x.refuse(reason.status, reason.code, reason.sentence)
		return
	}
	if _, events := accepts(r.Header); events {
		a.serveStream(x, r)
	} else {
		a.MCP.ServeHTTP(x, r.WithContext(a.context(x, r)))
	}
	if x.status == 0 {
		x.refuse(http.StatusServiceUnavailable, codeInternal, cutOff)
	}
}

// cutOff is for a client that is still there when its request is not: the
// function's time is up, or the server stops.
const cutOff = "The request was cut off before its answer. Repeat it."

// receive puts the message of r through every check and gives r a body that
// holds it.
func (a *api) receive(x *exchange, r *http.Request) *refusal {
	if reason := a.checkHeaders(r); reason != nil {
		return reason
	}
	body, reason := a.readBody(x, r)
	if reason != nil {
		return reason
	}
	if x.rpcID, reason = checkMessage(body); reason != nil {
		return reason
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// serveStream hands r on with a stream in front of its answer.
func (a *api) serveStream(x *exchange, r *http.Request) {
	ctx, cancel := context.WithCancel(a.context(x, r))
	defer cancel()
	s := &stream{x: x, cancel: cancel, every: a.KeepAlive, header: http.Header{}}
	s.start(a.Clock)
	panicked := true
	defer func() { s.end(panicked) }()
	a.MCP.ServeHTTP(s, r.WithContext(mcptools.WithStream(ctx, s)))
	panicked = false
}

// stream is the answer to a POST whose client takes events. A JSON answer that
// comes in time goes out as it is. When there is none by the first beat, the
// answer becomes a stream of events: comments, or what OnBeat was given, and at
// last the JSON answer as one event.
//
// It costs one timer and no goroutine. Its header is its own, since some servers
// hand the real one to another goroutine once it was written.
type stream struct {
	x      *exchange
	cancel context.CancelFunc // of the request
	every  time.Duration

	mu     sync.Mutex
	timer  clockwork.Timer // set under mu, as it may fire before it is
	next   func() []byte   // what a beat says; nil: a comment
	open   bool            // events have begun, so that the answer is one, too
	closed bool            // no event may come any more, but the answer
	gone   bool            // a write failed

	header http.Header  // the handler's
	status int          // the handler's; 0 before it answers
	held   bytes.Buffer // the answer, where events have begun
}

func (s *stream) start(clock clockwork.Clock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = clock.AfterFunc(s.every, s.beat)
}

// beat keeps the connection alive. It may come late, after the end.
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

// OnBeat implements [mcptools.Stream].
func (s *stream) OnBeat(next func() []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
}

// Send implements [mcptools.Stream].
func (s *stream) Send(message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.write(event(message))
	}
}

// event is a message as server-sent events have it (HTML standard, 9.2). JSON
// has line breaks only between its parts, where they mean nothing.
func event(message []byte) []byte {
	line := bytes.ReplaceAll(bytes.TrimSpace(message), []byte("\n"), []byte(" "))
	return append(append([]byte("event: message\ndata: "), line...), "\n\n"...)
}

// write sends events, beginning the stream if need be. A client that does not
// take them has gone, and its request ends. The caller holds mu.
func (s *stream) write(events []byte) {
	if s.gone {
		return
	}
	if !s.open {
		s.open = true
		h := s.x.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Accel-Buffering", "no") // or a proxy keeps the beats to itself
		s.x.WriteHeader(http.StatusOK)
	}
	s.x.writeSoon()
	_, err := s.x.Write(events)
	if err == nil {
		err = http.NewResponseController(s.x).Flush()
	}
	// A writer that cannot be flushed sends at once, or at the end.
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.gone = true
		s.cancel()
	}
}

// Header implements [http.ResponseWriter].
func (s *stream) Header() http.Header { return s.header }

// WriteHeader implements [http.ResponseWriter]. It ends the beats. Once events
// have begun the status is lost, as every stream is a success to HTTP; the
// answer says the same in JSON-RPC.
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

// end sends what events have to end with. Nothing is touched after it.
func (s *stream) end(panicked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.timer.Stop()
	switch {
	case !s.open:
	case panicked:
		s.write(event(rpcError(s.x.rpcID, codeInternal, s.x.failed())))
	case s.status == 0:
		s.write(event(rpcError(s.x.rpcID, codeInternal, cutOff)))
	case s.held.Len() > 0:
		s.write(event(s.held.Bytes()))
	}
}
