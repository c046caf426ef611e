package mcp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	library "github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// Events are the events of MCP Events (SEP-3415): a client gives an address, and the server POSTs there when an event
// happens. This package serves the methods and calls no address. There is no events/poll: a client that can poll has
// tools for the same.
//
// Subscribe and Unsubscribe return an [EventError] or a [results.Failure] if the caller may read the error. Many
// goroutines call them at once, within [Do].
type Events struct {
	List []Event

	// Subscribe makes a subscription, or refreshes the caller's subscription of the same name, arguments and URL.
	Subscribe func(ctx context.Context, s Subscribe) (Subscription, error)

	// Unsubscribe ends a subscription. s has neither a secret nor a TTL.
	Unsubscribe func(ctx context.Context, s Subscribe) error
}

// Event is a kind of event as clients see it.
type Event struct {
	Name, Description string

	// Input and Payload are the JSON schemas of a subscription's arguments and of the events. nil means any object.
	Input, Payload json.RawMessage
}

// The methods of MCP Events.
const (
	eventsList        = "events/list"
	eventsSubscribe   = "events/subscribe"
	eventsUnsubscribe = "events/unsubscribe"
)

// eventsExtension names MCP Events among the capabilities of clients and servers.
const eventsExtension = "io.modelcontextprotocol/events"

// eventCall is a request of MCP Events with a well-formed envelope.
type eventCall struct {
	work      eventWork
	method    string
	id        json.RawMessage
	params    json.RawMessage // nil: absent
	modern    bool            // of protocol version 2026-07-28 or later
	extension bool            // the client names the extension
}

// eventWork does what a method is for, and returns the members of the result.
type eventWork func(ctx context.Context, c *eventCall) (map[string]any, error)

// methods returns what each method does.
func (e *Events) methods() map[string]eventWork {
	return map[string]eventWork{
		eventsList:        list(e.List),
		eventsSubscribe:   e.subscribe,
		eventsUnsubscribe: e.unsubscribe,
	}
}

// eventCallFrom returns m as a request of MCP Events; nil if m is another method, or so malformed that mcp-go refuses
// m.
func (s *Server) eventCallFrom(header http.Header, m *Message) *eventCall {
	work := s.events[m.Method]
	if work == nil || m.ID == nil || !absent(m.result) {
		return nil
	}
	meta, _ := metaFrom(m.params.meta) // a _meta that is no object says nothing here
	modern, ok := generation(header, meta, m.Method)
	if !ok {
		return nil
	}
	return &eventCall{work, m.Method, m.ID, m.params.raw, modern, namesEvents(meta.capabilities)}
}

// namesEvents reports whether a client's capabilities name the extension.
func namesEvents(capabilities json.RawMessage) bool {
	var c struct {
		Extensions map[string]json.RawMessage `json:"extensions"`
	}
	return json.Unmarshal(capabilities, &c) == nil && c.Extensions[eventsExtension] != nil
}

// list returns the work of events/list. The list has one page, so it has no cursor.
func list(events []Event) eventWork {
	type listed struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Delivery    []string        `json:"delivery"`
		Input       json.RawMessage `json:"inputSchema"`
		Payload     json.RawMessage `json:"payloadSchema"`
	}
	all := []listed{} // never null
	for _, e := range events {
		l := listed{e.Name, e.Description, []string{webhook}, anyObject, anyObject}
		if e.Input != nil {
			l.Input = e.Input
		}
		if e.Payload != nil {
			l.Payload = e.Payload
		}
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b listed) int { return cmp.Compare(a.Name, b.Name) })
	return func(context.Context, *eventCall) (map[string]any, error) { return map[string]any{"events": all}, nil }
}

// serveEvent serves a request of MCP Events.
func (s *Server) serveEvent(w http.ResponseWriter, r *http.Request, c *eventCall) {
	var refused *EventError
	o := Do(withClient(r, nil), s.log, c.method, func(ctx context.Context, _ *Record) (any, error) {
		result, err := c.work(ctx, c)
		if errors.As(err, &refused) {
			return nil, &results.Failure{Code: string(eventErrors[refused.Kind].code), Message: refused.Message}
		}
		return result, err
	})
	switch {
	case o.Canceled:
	case o.Failure == nil:
		s.answerEvent(w, c, o.Value.(map[string]any), nil)
	case refused != nil:
		s.answerEvent(w, c, nil, refused.details(c.extension))
	default:
		s.answerEvent(w, c, nil, &library.JSONRPCErrorDetails{Code: library.INTERNAL_ERROR, Message: o.Failure.Error()})
	}
}

// answerEvent writes a result or an error, with the HTTP status that mcp-go would give.
func (s *Server) answerEvent(w http.ResponseWriter, c *eventCall, result map[string]any,
	failure *library.JSONRPCErrorDetails) {
	if failure == nil {
		if c.modern {
			result["_meta"], result["resultType"] = s.self, library.ResultTypeComplete
		}
		respond(w, http.StatusOK, c.id, result, nil)
		return
	}
	status := http.StatusOK
	if c.modern && failure.Code == library.INVALID_PARAMS {
		status = http.StatusBadRequest
	}
	respond(w, status, c.id, nil, failure)
}

// respond writes the response to the request with an id, nil for a notification: a result or an error.
func respond(w http.ResponseWriter, status int, id json.RawMessage, result any, failure *library.JSONRPCErrorDetails) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(results.JSON(struct {
		JSONRPC string                       `json:"jsonrpc"`
		ID      json.RawMessage              `json:"id"`
		Result  any                          `json:"result,omitempty"`
		Error   *library.JSONRPCErrorDetails `json:"error,omitempty"`
	}{library.JSONRPC_VERSION, id, result, failure}), '\n')) // fails only if the client has left
}

// EventError is the refusal of a subscription. A number tells clients the kind.
type EventError struct {
	Kind    EventKind
	Message string         // what was wrong and what to do next, without secrets and URLs
	Data    map[string]any // the data of this kind in SEP-3415, for programs; nil: none
}

// Error implements error.
func (e *EventError) Error() string { return e.Message }

// EventKind is a kind of EventError.
type EventKind int

// The kinds, each with its Data.
const (
	InvalidParams     EventKind = iota // none
	NotFound                           // kind: "event" or "subscription"
	Forbidden                          // none
	ResourceExhausted                  // limit, max
	Unsupported                        // feature, value
	CallbackEndpoint                   // reason: "challenge_failed", "timeout", "connection_refused", "tls_error", …
)

// eventErrors has, for each kind, the code in accounts of calls and two numbers: the number of a draft, for ChatGPT,
// and the number of SEP-3415.
var eventErrors = [...]struct {
	code       fault.Code
	draft, sep int
}{
	InvalidParams:     {fault.InvalidArgument, library.INVALID_PARAMS, library.INVALID_PARAMS},
	NotFound:          {fault.InvalidArgument, -32011, -32023},
	Forbidden:         {fault.NotAllowed, -32012, -32024},
	ResourceExhausted: {fault.RateLimited, -32013, -32025},
	Unsupported:       {fault.InvalidArgument, -32014, -32026},
	CallbackEndpoint:  {fault.InvalidArgument, -32015, -32027},
}

// details returns the error for a client. extension says that the client names the extension.
func (e *EventError) details(extension bool) *library.JSONRPCErrorDetails {
	d := &library.JSONRPCErrorDetails{Code: eventErrors[e.Kind].draft, Message: e.Message}
	if extension {
		d.Code = eventErrors[e.Kind].sep
	}
	if e.Data != nil { // a nil map is no nil Data
		d.Data = e.Data
	}
	return d
}

// advertisement is the ResponseWriter of mcp-go if there are events. SEP-3415 has the capability for events among the
// extensions. ChatGPT reads the capability at the top, where mcp-go has no field.
type advertisement struct{ http.ResponseWriter }

const (
	amongExtensions = `"extensions":{"` + eventsExtension + `":{}` // other extensions follow
	inBothPlaces    = `"events":{},` + amongExtensions
)

// Write implements [http.ResponseWriter]. mcp-go writes an answer at once. Only the answers to initialize and
// server/discover hold the extension, the first by name: in any text, the quotes are escaped.
func (a advertisement) Write(b []byte) (int, error) {
	_, err := a.ResponseWriter.Write(bytes.Replace(b, []byte(amongExtensions), []byte(inBothPlaces), 1))
	return len(b), err
}
