package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
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
func placeOf(r *http.Request, d door) a2a.Place {
	return a2a.Place{Room: d.route == inviteRoute, Name: r.PathValue("name")}
}

// serveA2A answers a POST with a call of A2A.
func (a *api) serveA2A(ex *exchange, r *http.Request, d door) {
	if r.Method != http.MethodPost {
		ex.Header().Set("Allow", http.MethodPost)
		ex.refuse(http.StatusMethodNotAllowed, codeRefused, "Agents call this address with A2A, and it takes POST "+
			"only. Give an agent the address without a2a at its end: the card is below that.")
		return
	}
	p := placeOf(r, d)
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Accept") // the method of A2A says whether the answer is a stream
	var asker ident.Principal
	if p.Room {
		var err error
		asker, err = a.enter(ex, r, d)
		if err != nil {
			a.refuse(ex, r, d, err)
			return
		}
	}
	r = r.WithContext(a.context(ex, r, asker))
	m, reason := a.receive(ex, r)
	if reason != nil {
		if reason.status == http.StatusUnsupportedMediaType {
			reason.code = codeContentType
		}
		ex.refuse(reason.status, reason.code, reason.sentence)
		return
	}
	l := &relay{pulse: pulse{x: ex, every: beatsA2A}, header: http.Header{}}
	l.start(a.Clock, beatsA2A, l.beat)
	panicked := true
	defer func() { l.end(panicked) }()
	a.A2A(l, r, m, p)
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
	header := l.x.Header()
	if header.Get("Cache-Control") != "" { // an address with a secret has a stricter one
		l.header.Del("Cache-Control")
	}
	maps.Copy(header, l.header)
	l.x.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (l *relay) Write(part []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begin(http.StatusOK)
	l.written = true
	return l.x.Write(part)
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
	answer := rpcError(l.x.rpcID, rpcFault{Code: codeInternal, Message: l.x.failed()})
	if l.events {
		answer = untyped(answer)
	}
	l.send(jsonType, answer)
}

// serveCard answers a GET of a card.
func (a *api) serveCard(ex *exchange, r *http.Request, d door) {
	p := placeOf(r, d)
	var asker ident.Principal
	var err error
	if p.Room {
		asker, err = a.enter(ex, r, d)
	}
	ctx := a.context(ex, r, asker)
	var card []byte
	if err == nil {
		card, err = a.Card(ctx, p, strings.TrimSuffix(Address(ctx), MCPPath)+callPath(r, p))
	}
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		ex.text(ex.recordRefusal(refused, d), refused.Message+"\n")
		return
	case err != nil:
		return // the client has left
	}
	header := ex.Header()
	header.Set("Content-Type", jsonType)
	if !p.Room {
		sum := sha256.Sum256(card)
		header.Set("Cache-Control", "public, max-age=3600")
		header.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	}
	http.ServeContent(ex, r, "", time.Time{}, bytes.NewReader(card))
}

// callPath returns the path for calls of the agent at p, whose card r asks for. Its parts are escaped as the client
// has escaped them.
func callPath(r *http.Request, p a2a.Place) string {
	depth := 1 // "", "i", the code, "as", the name
	if p.Room {
		depth = 3
	}
	if p.Name != "" {
		depth = 5
	}
	return strings.Join(strings.Split(r.URL.EscapedPath(), "/")[:depth], "/") + a2aPath
}
