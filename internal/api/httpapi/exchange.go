package httpapi

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// The JSON-RPC codes of refusals beside those of [mcp.Parse].
const (
	codeInternal = -32603
	codeRefused  = mcp.CodeRefused
)

// exchange is a request and its answer.
type exchange struct {
	http.ResponseWriter
	named    string // see id
	began    time.Time
	partTime time.Duration // the client may take so long to read a part of the answer
	// wholeDeadline is the write deadline of all that follows; zero: each part has partTime. sendPage sets
	// wholeDeadline for its answer, and sendFile again for each api.Pace bytes.
	wholeDeadline time.Time
	partDeadline  time.Time       // the write deadline as last set; zero: nothing was written
	route         string          // empty if the path is not one of ours
	status        int             // of the answer; 0 before it has begun
	rpcID         json.RawMessage // the JSON-RPC id, once it is known
	// refused is why the caller was not admitted; "" if the caller was.
	refused fault.Code
	held    *bytes.Buffer // an answer that mayCompress, until sendHeld; nil: none

	account *meter.Account
}

func (s *server) beginExchange(w http.ResponseWriter) *exchange {
	return &exchange{ResponseWriter: w, began: s.Clock.Now(), partTime: s.writeTimeout, account: s.Meter.Open()}
}

// id returns the name of the request in the log. Most requests need none.
func (ex *exchange) id() string {
	if ex.named == "" {
		ex.named = rand.Text()[:12]
	}
	return ex.named
}

func (ex *exchange) WriteHeader(status int) {
	if ex.status == 0 {
		ex.status = status
		if mayCompress(ex.Header()) {
			ex.held = new(bytes.Buffer)
		} else {
			ex.setWriteDeadline()
		}
	}
	if ex.held == nil {
		ex.ResponseWriter.WriteHeader(status)
	}
}

func (ex *exchange) Write(p []byte) (n int, err error) {
	if ex.status == 0 {
		ex.WriteHeader(http.StatusOK)
	}
	if ex.held != nil {
		return ex.held.Write(p)
	}
	for n < len(p) && err == nil {
		ex.setWriteDeadline()
		wrote := 0
		wrote, err = ex.ResponseWriter.Write(p[n:min(len(p), n+writePart)])
		n += wrote
	}
	ex.setWriteDeadline() // for the end of the answer, which net/http sends later
	return n, err
}

// writePart is how many bytes of an answer have a deadline of their own.
const writePart = 4 << 10

// The deadlines of a socket are in real time. A server without sockets has the whole body before it calls the handler,
// and accepts all that the handler writes.

// setWriteDeadline gives the client partTime for the next part of the answer, or the time until wholeDeadline. It
// leaves a deadline that is at most a twentieth of partTime too early. If the client misses the deadline, its request
// ends.
func (ex *exchange) setWriteDeadline() {
	by := ex.wholeDeadline
	if by.IsZero() {
		by = time.Now().Add(ex.partTime)
	}
	if by.Sub(ex.partDeadline) > ex.partTime/20 {
		ex.partDeadline = by
		_ = http.NewResponseController(ex).SetWriteDeadline(by)
	}
}

// setReadDeadline sets when the body must have arrived; the zero time sets no deadline. The deadline also applies
// when net/http reads the rest of a body that the handler did not read.
func (ex *exchange) setReadDeadline(t time.Time) {
	_ = http.NewResponseController(ex).SetReadDeadline(t)
}

// Unwrap is for [http.ResponseController].
func (ex *exchange) Unwrap() http.ResponseWriter { return ex.ResponseWriter }

// endExchange ends a request: it answers for a handler that panicked, and writes the line of the log.
func (s *server) endExchange(ex *exchange, r *http.Request) {
	if v := recover(); v != nil {
		mcp.LogPanic(r.Context(), s.Logger, ex.id(), v)
		if ex.status == 0 {
			ex.refuse(http.StatusInternalServerError, codeInternal, ex.failed())
		}
	}
	if ex.held != nil {
		s.sendHeld(ex, r)
	}
	took := s.Clock.Since(ex.began)
	call := ex.account.Close(took)
	level := slog.LevelInfo
	switch {
	case ex.status >= 500 && ex.status != http.StatusServiceUnavailable && r.Context().Err() == nil:
		level = slog.LevelError
	case ex.route == healthPath:
		level = slog.LevelDebug
	}
	if !s.Logger.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs,
		slog.String("id", ex.id()),
		slog.String("method", knownMethod(r.Method)),
		slog.String("path", knownRoute(ex.route)),
		slog.Int("status", ex.status),
		slog.Int64("ms", took.Milliseconds()),
	)
	if ex.refused != "" {
		attrs = append(attrs, slog.String("refused", string(ex.refused)))
	}
	attrs = append(attrs, about(call, ex.account.Room())...)
	if err := r.Context().Err(); err != nil {
		attrs = append(attrs, slog.String("cut", err.Error())) // the client left, or the time was up
	}
	s.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// about returns what the log says about a call.
func about(call meter.Call, room string) []slog.Attr {
	var attrs []slog.Attr
	if call.Tool != "" {
		attrs = append(attrs, slog.String("tool", call.Tool), slog.String("code", call.Code))
	}
	if room != "" {
		attrs = append(attrs, slog.String("room", room))
	}
	if call.ReadUnits > 0 {
		attrs = append(attrs, slog.Float64("read_units", call.ReadUnits))
	}
	if call.WriteUnits > 0 {
		attrs = append(attrs, slog.Float64("write_units", call.WriteUnits))
	}
	return attrs
}

// knownRoute hides a path that is no route, since the path may hold a secret.
func knownRoute(route string) string {
	if route == "" {
		return "(other)"
	}
	return route
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "(other)"
}

// failed returns what a client reads of a fault of the server.
func (ex *exchange) failed() string {
	return "Something went wrong inside the server and has been logged. Try again; if it fails again, quote the id " +
		ex.id() + " to the person who runs this server."
}

// rpcFault is the error of a JSON-RPC response.
type rpcFault struct {
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Data    *faultData `json:"data,omitempty"`
}

// faultData is what programs read of an error.
type faultData struct {
	Code              fault.Code `json:"code"`
	RetryAfterSeconds int        `json:"retry_after_seconds,omitempty"`
	Reason            string     `json:"reason,omitempty"` // why a person's token has no seat
	By                string     `json:"by,omitempty"`     // the admin that took the seat: a name that an agent chose
	Note              string     `json:"note,omitempty"`   // what the admin said about that
}

// rpcError returns a JSON-RPC error response.
func rpcError(id json.RawMessage, f rpcFault) []byte {
	if id == nil {
		id = json.RawMessage("null")
	}
	return append(results.JSON(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   rpcFault        `json:"error"`
	}{"2.0", id, f}), '\n')
}

// refuse answers with a JSON-RPC error. MCP clients show the sentence to their person.
func (ex *exchange) refuse(status, code int, sentence string) {
	ex.refuseWith(status, rpcFault{Code: code, Message: sentence})
}

func (ex *exchange) refuseWith(status int, f rpcFault) {
	header := ex.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	ex.WriteHeader(status)
	_, _ = ex.Write(rpcError(ex.rpcID, f)) // fails only if the client has left
}

const plainType = "text/plain; charset=utf-8"

// text answers with a text for people.
func (ex *exchange) text(status int, text string) {
	header := ex.Header()
	header.Set("Content-Type", plainType)
	header.Set("Cache-Control", "no-store")
	ex.WriteHeader(status)
	_, _ = io.WriteString(ex, text) // fails only if the client has left
}
