package httpapi

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// The addresses of A2A: below an invite, or below the server for no room.
const (
	a2aPath  = "/a2a"
	cardPath = "/.well-known/agent-card.json" // A2A 1.0, section 8.2

	namedRoute = invitePageRoute + "/as/{name}"
)

// placeOf returns where a call of A2A comes in. The addresses of the server need no key.
func placeOf(r *http.Request, door door) a2a.Place {
	return a2a.Place{Room: door.route == inviteRoute, Name: r.PathValue("name")}
}

// serveA2A answers a POST with a call of A2A.
func (s *server) serveA2A(ex *exchange, r *http.Request, door door) {
	if r.Method != http.MethodPost {
		ex.Header().Set("Allow", http.MethodPost)
		ex.refuse(http.StatusMethodNotAllowed, codeRefused, "Agents call this address with A2A, and it takes POST "+
			"only. Give an agent the address without a2a at its end: the card is below that.")
		return
	}
	place := placeOf(r, door)
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Accept") // the method of A2A says whether the answer is a stream
	var asker ident.Principal
	if place.Room {
		var err error
		asker, err = s.admit(ex, r, door)
		if err != nil {
			s.refuseAdmission(ex, r, door, err)
			return
		}
	}
	r = r.WithContext(s.context(ex, r, asker))
	message, reason := s.receive(r.Context(), ex, r)
	if reason != nil {
		if reason.status == http.StatusUnsupportedMediaType {
			reason.code = codeContentType
		}
		ex.refuse(reason.status, reason.code, reason.sentence)
		return
	}
	answer := &relay{pulse: pulse{ex: ex, every: beatsA2A}, header: http.Header{}}
	answer.start(s.Clock, beatsA2A, answer.beat)
	panicked := true
	defer func() { answer.end(panicked) }()
	s.A2A(answer, r, message, place)
	panicked = false
}

// codeContentType is that of ContentTypeNotSupportedError (A2A 1.0, section 5.4).
const codeContentType = -32005

// beatsA2A is the longest silence in an answer to a call of A2A: the SDK for Python gives up after
// 5 seconds without a byte.
const beatsA2A = 3 * time.Second

// relay is the answer to a call of A2A. It passes on what a handler writes, with signs of life until the answer is
// complete: spaces in front of JSON, where spaces mean nothing (RFC 8259, section 2), and comments between the events
// of a stream. The first sign of life sends the header of a success.
//
// A relay has a header of its own for the reason of [stream].
type relay struct {
	pulse
	header  http.Header // the handler's
	events  bool        // the answer is a stream of events
	written bool        // the handler has begun what comes next: the JSON, or an event
}

func (l *relay) beat() {
	switch {
	case l.written:
	case l.events:
		l.send(eventsType, []byte(stillHere))
	default:
		l.send(jsonType, []byte(" "))
	}
}

// Header implements [http.ResponseWriter].
func (l *relay) Header() http.Header { return l.header }

// WriteHeader implements [http.ResponseWriter]. After a sign of life the status is lost; the JSON-RPC answer says the
// same.
func (l *relay) WriteHeader(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begin(status)
}

// begin sends the header of the handler, if no header is sent. The caller holds mu.
func (l *relay) begin(status int) {
	if l.open {
		return
	}
	l.open = true
	l.header.Del("Connection") // which the server decides
	l.events = strings.HasPrefix(l.header.Get("Content-Type"), eventsType)
	header := l.ex.Header()
	if header.Get("Cache-Control") != "" { // an address with a secret has a stricter one
		l.header.Del("Cache-Control")
	}
	copyHeader(header, l.header)
	l.ex.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (l *relay) Write(part []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begin(http.StatusOK)
	l.written = true
	return l.ex.Write(part)
}

// Flush implements [http.Flusher], and ends an event.
func (l *relay) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begin(http.StatusOK)
	l.written = l.written && !l.events
	_ = l.flush() // the next write says that it failed
}

// end ends the answer. For a handler that panicked, end writes an error in the form of the answer that has begun.
// Nothing is written afterwards.
func (l *relay) end(panicked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	if !panicked || !l.open || l.written {
		return
	}
	answer := rpcError(l.ex.rpcID, rpcFault{Code: codeInternal, Message: l.ex.failed()})
	if l.events {
		answer = untyped(answer)
	}
	l.send(jsonType, answer)
}

// cardBytes are about the bytes of a card. The card of a room is charged before the room is read.
const cardBytes = 4 << 10

// serveCard answers a GET of a card.
func (s *server) serveCard(ex *exchange, r *http.Request, door door) {
	if s.answeredBeyondLimits(ex, r, cardBytes) {
		return
	}
	place := placeOf(r, door)
	var asker ident.Principal
	var err error
	if place.Room {
		asker, err = s.admit(ex, r, door)
	}
	ctx := s.context(ex, r, asker)
	var card []byte
	if err == nil {
		card, err = s.Card(ctx, place, strings.TrimSuffix(Address(ctx), MCPPath)+callPath(r, place))
	}
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		ex.text(ex.recordRefusal(refused, door), refused.Message+"\n")
		return
	case err != nil:
		return // the client has left
	}
	if !place.Room {
		ex.sendKept(r, jsonType, card)
		return
	}
	ex.Header().Set("Content-Type", jsonType)
	http.ServeContent(ex, r, "", time.Time{}, bytes.NewReader(card))
}

// callPath returns the path for calls of the agent at place, whose card r asks for. Its parts are escaped as the client
// has escaped them.
func callPath(r *http.Request, place a2a.Place) string {
	depth := 1 // "", "i", the code, "as", the name
	if place.Room {
		depth = 3
	}
	if place.Name != "" {
		depth = 5
	}
	return strings.Join(strings.Split(r.URL.EscapedPath(), "/")[:depth], "/") + a2aPath
}
