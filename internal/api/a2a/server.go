package a2a

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	wire "github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
	"github.com/a2aproject/a2a-go/v2/log"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// Options of a Server. All but LongestWait are required.
type Options struct {
	Rooms *chat.Service
	// Tools counts the calls together with calls of tools.
	Tools *tools.Set
	// Version is the version of the server, for cards.
	Version string
	// Clock is the clock of the rooms.
	Clock clockwork.Clock
	// LongestWait is the longest that a stream lasts; 0 means chat.MaxWait.
	LongestWait time.Duration
	// Charge counts a request that makes no call for the limits of its caller, or refuses the request with a
	// [fault.Error]. Nil: such requests have no limit.
	Charge func(context.Context) error
}

// Server answers calls of A2A. Many goroutines may use it at once.
type Server struct {
	o   Options
	rpc http.Handler
}

// New returns a Server.
func New(o Options) *Server {
	if o.LongestWait == 0 {
		o.LongestWait = core.MaxWait
	}
	s := &Server{o: o}
	s.rpc = a2asrv.NewJSONRPCHandler(handler{s})
	return s
}

// Place is the address at which a call came in.
type Place struct {
	Room bool   // the address is an invite; else the server's own address, for no room
	Name string // the name of an agent in the address; "": none
}

type requestKey struct{}

// request is the request of a method.
type request struct {
	Place
	params  json.RawMessage // nil once paramsOf has read the params
	refused error           // the call goes no further
	counted bool            // for the limits of the caller
}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// paramsOf returns the params of a call, once. Serve does not pass the params to the SDK, which would keep them while
// the call lasts, for hours. The error is an error of A2A.
func paramsOf[T any](ctx context.Context) (*T, error) {
	r, got := requestOf(ctx), new(T)
	if r.refused != nil {
		return nil, r.refused
	}
	err := json.Unmarshal(r.params, got)
	r.params = nil
	if err != nil {
		return nil, wire.NewError(wire.ErrInvalidParams, "params are missing, or are not those of this method: "+
			err.Error())
	}
	return got, nil
}

// Serve answers the call m of a caller that was admitted at p.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, m *mcp.Message, p Place) {
	req := &request{Place: p, params: m.Params(), refused: check(r.Header, m, p)}
	ctx := context.WithValue(r.Context(), requestKey{}, req)
	if !slices.Contains(calls, m.Method) {
		s.chargeUncounted(ctx, &req.refused)
	}
	method := m.Method
	if req.refused != nil { // the SDK writes the refusal as the answer to a method that fails
		method = "GetTask"
		if m.Method == "SendStreamingMessage" || m.Method == "SubscribeToTask" {
			method = "SubscribeToTask"
		}
	}
	ctx = log.AttachLogger(ctx, slog.New(slog.DiscardHandler)) // the SDK's lines say only that a client has left
	r = r.WithContext(ctx)
	w, r.Body = m.WithStandIn(w, method, json.RawMessage("{}"))
	s.rpc.ServeHTTP(w, r)
}

// calls are the methods that make a call for a well-formed request.
var calls = []string{"SendMessage", "SendStreamingMessage", "GetTask", "ListTasks", "CancelTask", "SubscribeToTask"}

// chargeUncounted charges a request that has made no call, such as one that is refused for its form. If the request is
// beyond the limits of its caller, ended becomes the refusal.
func (s *Server) chargeUncounted(ctx context.Context, ended *error) {
	r := requestOf(ctx)
	var beyond *fault.Error
	if !r.counted && s.o.Charge != nil && errors.As(s.o.Charge(ctx), &beyond) {
		*ended = errorOf(&results.Failure{Code: string(beyond.Code), RetryAfterSeconds: int64(
			fault.Seconds(beyond.RetryAfter))}, failed{error: beyond}, ids{})
	}
	r.counted = true
}

// check refuses a call in another version of the protocol, or at the server's own address.
func check(header http.Header, m *mcp.Message, p Place) error {
	version := strings.TrimSpace(header.Get(wire.SvcParamVersion))
	switch {
	case isNotification(m.Params()):
		return wire.NewError(wire.ErrInvalidParams, "This is a notification of JoinCloud, which reads no answer, so "+
			"an agent at this address cannot take part in a room there. Nothing was said here. Operator: take this "+
			"address out of agentEndpoint. To have one agent in both rooms, let it join this one itself by its invite.")
	case version != "" && version != "1" && !strings.HasPrefix(version, "1."), strings.Contains(m.Method, "/"):
		return wire.NewError(wire.ErrVersionNotSupported, "This server speaks A2A 1.0, whose methods have names such "+
			"as SendMessage. Use an SDK of that version, which sends the header A2A-Version: 1.0.")
	case !p.Room:
		return wire.NewError(wire.ErrUnsupportedOperation, "This is the address of the server, which belongs to no "+
			"room. Ask somebody in the room for its invite, and use that as the address of the agent: it ends in "+
			"/i/ and a code, followed by a slash.")
	}
	return nil
}

// isNotification reports whether params are a notification of JoinCloud, a server of rooms, about new messages.
func isNotification(params json.RawMessage) bool {
	const mark = "joincloud"
	if !bytes.Contains(params, []byte(mark)) {
		return false
	}
	var read struct {
		Message struct{ Metadata map[string]json.RawMessage }
	}
	err := json.Unmarshal(params, &read)
	_, ok := read.Message.Metadata[mark]
	return err == nil && ok
}

// handler implements the methods of the protocol.
type handler struct{ *Server }

var _ a2asrv.RequestHandler = handler{}

// call is a call of a method.
type call struct {
	name string        // in the log and the metrics
	wait time.Duration // the longest wait of the call
	step               // of a refusal whose error names no step
	ids                // that the client gave
}

// do makes a call. The error is an error of A2A.
func (s *Server) do(ctx context.Context, c call, work mcp.Work) (any, error) {
	requestOf(ctx).counted = true
	at := failed{step: c.step}
	o := s.o.Tools.Do(ctx, tools.Plain{Name: c.name, Kind: ratelimit.Usual, Wait: c.wait},
		func(ctx context.Context, r *mcp.Record) (any, error) {
			got, err := work(ctx, r)
			at.error = err
			if err != nil {
				errors.As(err, &at)
			}
			return got, err
		})
	switch {
	case o.Canceled:
		return nil, context.Canceled
	case o.Failure != nil:
		return nil, errorOf(o.Failure, at, c.ids)
	}
	return o.Value, nil
}

// events returns the events that work sends. send returns false once nobody reads the events; the error of work is the
// last event.
func (s *Server) events(ctx context.Context, work func(send func(wire.Event) bool) error) iter.Seq2[wire.Event, error] {
	return func(yield func(wire.Event, error) bool) {
		read := true
		err := work(func(e wire.Event) bool {
			read = read && yield(e, nil)
			return read
		})
		s.chargeUncounted(ctx, &err)
		if err != nil && read {
			yield(nil, err)
		}
	}
}

const noPush = "This server calls nobody for a task. Wait in SendMessage, stream with SubscribeToTask, or ask with " +
	"GetTask."

// GetTaskPushConfig implements [a2asrv.RequestHandler].
func (handler) GetTaskPushConfig(context.Context, *wire.GetTaskPushConfigRequest) (*wire.PushConfig, error) {
	return nil, wire.NewError(wire.ErrPushNotificationNotSupported, noPush)
}

// ListTaskPushConfigs implements [a2asrv.RequestHandler].
func (handler) ListTaskPushConfigs(context.Context, *wire.ListTaskPushConfigRequest) (
	*wire.ListTaskPushConfigResponse, error) {
	return nil, wire.NewError(wire.ErrPushNotificationNotSupported, noPush)
}

// CreateTaskPushConfig implements [a2asrv.RequestHandler].
func (handler) CreateTaskPushConfig(context.Context, *wire.PushConfig) (*wire.PushConfig, error) {
	return nil, wire.NewError(wire.ErrPushNotificationNotSupported, noPush)
}

// DeleteTaskPushConfig implements [a2asrv.RequestHandler].
func (handler) DeleteTaskPushConfig(context.Context, *wire.DeleteTaskPushConfigRequest) error {
	return wire.NewError(wire.ErrPushNotificationNotSupported, noPush)
}

// GetExtendedAgentCard implements [a2asrv.RequestHandler].
func (handler) GetExtendedAgentCard(context.Context, *wire.GetExtendedAgentCardRequest) (*wire.AgentCard, error) {
	return nil, wire.NewError(wire.ErrUnsupportedOperation, "There is one card, which everybody may read.")
}
