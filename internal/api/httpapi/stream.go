package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
)

// headAfter is when a stream sends its header, with a comment, if the answer is not there. If the server is killed
// before the header, the client of the Python SDK never makes another call; after the header, one call fails. An
// earlier answer, such as a refusal, has a status of its own.
const headAfter = 250 * time.Millisecond

// serveStream passes message on in this context, with a stream for the answer. only says that the client accepts no
// JSON.
func (s *server) serveStream(ctx context.Context, ex *exchange, r *http.Request, message *mcp.Message, only bool) {
	answer := &stream{pulse: pulse{ex: ex, every: s.KeepAlive}, only: only, header: http.Header{}}
	answer.start(s.Clock, headAfter, answer.beat)
	panicked := true
	defer func() { answer.end(panicked) }()
	s.MCP(answer, r.WithContext(mcp.WithStream(ctx, answer)), message)
	panicked = false
}

// stream is the answer to a POST whose client accepts events. A JSON answer before the first beat goes out as JSON,
// unless the answer is a success and the client accepts no JSON. Any other answer becomes a stream of events: a
// comment, further comments or the messages from OnBeat, and finally the JSON answer as one event.
//
// A stream has a header of its own, because some servers use the written header in another goroutine. The stream is
// open once events have begun.
type stream struct {
	pulse
	only bool          // a success is a stream in any case
	next func() []byte // what a beat says after the first; nil: a comment

	header http.Header  // the handler's
	status int          // the handler's; 0 before it answers
	held   bytes.Buffer // the answer, if it becomes an event
}

func (s *stream) beat() {
	if s.next == nil || !s.open {
		s.send(eventsType, []byte(stillHere))
	} else {
		s.send(eventsType, event(s.next()))
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
		s.send(eventsType, event(message))
	}
}

// event writes a message as a server-sent event (HTML standard, 9.2).
func event(message []byte) []byte { return append([]byte("event: message\n"), untyped(message)...) }

// untyped writes a message as an event without a type. In JSON, line breaks stand only between the parts, and mean
// nothing there.
func untyped(message []byte) []byte {
	line := bytes.ReplaceAll(bytes.TrimSpace(message), []byte("\n"), []byte(" "))
	return append(append([]byte("data: "), line...), "\n\n"...)
}

// Header implements [http.ResponseWriter].
func (s *stream) Header() http.Header { return s.header }

// WriteHeader implements [http.ResponseWriter], and ends the beats. Once events have begun the status is lost, because
// every stream is a success in HTTP; the JSON-RPC answer says the same.
func (s *stream) WriteHeader(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status != 0 {
		return
	}
	s.status = status
	s.stop()
	if !s.holds() {
		copyHeader(s.ex.Header(), s.header)
		s.ex.WriteHeader(status)
	}
}

// holds reports whether the answer that the handler has begun becomes an event.
func (s *stream) holds() bool { return s.open || s.only && s.status == http.StatusOK }

// Write implements [http.ResponseWriter].
func (s *stream) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK) // if there was none
	if s.holds() {
		return s.held.Write(p)
	}
	return s.ex.Write(p)
}

// end sends the last event, if there is one. Nothing is written afterwards.
func (s *stream) end(panicked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	switch {
	case !s.open && (panicked || s.held.Len() == 0):
	case panicked:
		s.send(eventsType, event(rpcError(s.ex.rpcID, rpcFault{Code: codeInternal, Message: s.ex.failed()})))
	case s.status == 0:
		s.send(eventsType, event(rpcError(s.ex.rpcID, rpcFault{Code: codeInternal, Message: cutOff})))
	case s.held.Len() > 0:
		s.send(eventsType, event(s.held.Bytes()))
	}
}
