package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// The addresses of tools without MCP, for an agent that has nothing but a shell: below the server, and below an invite.
const (
	toolsRoute = "/tools"
	toolsPath  = toolsRoute + "/" // before the name of a tool
	toolRoute  = toolsPath + "{name}"
)

// serveOwnTool answers below the server, to whoever may use MCP there.
func (s *server) serveOwnTool(ex *exchange, r *http.Request, _ door) {
	ex.Header().Set("Cache-Control", "no-store")
	s.serveTool(ex, r, door{MCPPath, bearer(r.Header)})
}

// serveTool answers a GET with what a tool does and takes, and a POST of its arguments with its result, all as JSON. A
// refusal has a status that fits its code. Pages of other sites cannot call a tool: the guard refuses their origin, and
// a browser asks before it sends JSON.
func (s *server) serveTool(ex *exchange, r *http.Request, door door) {
	asker, err := s.admit(ex, r, door)
	var refused *fault.Error
	named := func(t mcp.Tool) bool { return t.Name == r.PathValue("name") }
	switch i := slices.IndexFunc(s.Tools, named); {
	case errors.As(err, &refused):
		refuseTool(ex, ex.recordRefusal(refused, door), failureOf(refused))
	case err != nil:
		refuseTool(ex, http.StatusServiceUnavailable, unavailable(cutOff))
	case i < 0:
		s.refuseNoCall(ex, r, asker, http.StatusNotFound, invalidCall("There is no such tool. Behind tools/ stands "+
			"one of: "+s.toolNames()+"."))
	case r.Method == http.MethodGet:
		s.showTool(ex, r, asker, &s.Tools[i])
	case r.Method != http.MethodPost:
		ex.Header().Set("Allow", http.MethodGet+", "+http.MethodPost)
		s.refuseNoCall(ex, r, asker, http.StatusMethodNotAllowed, invalidCall("This address takes POST, with the "+
			"arguments of the tool as JSON, and GET, which shows the arguments."))
	default:
		s.callTool(ex, r, asker, &s.Tools[i])
	}
}

// showTool answers with what a tool does and takes, as the list of tools says it, and charges asker for that.
func (s *server) showTool(ex *exchange, r *http.Request, asker ident.Principal, tool *mcp.Tool) {
	if beyond := s.charge(s.context(ex, r, asker), ex, api.OtherBytes); beyond != nil {
		refuseTool(ex, statusOf(beyond.Code), failureOf(beyond))
		return
	}
	var shown struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Arguments   json.RawMessage `json:"arguments,omitempty"` // a JSON schema
	}
	shown.Name, shown.Description = tool.Name, tool.Description
	if tool.Input != nil {
		shown.Arguments = tool.Input()
	}
	mcp.AllowCompression(ex.Header())
	answerTool(ex, http.StatusOK, results.JSON(shown))
}

// toolNames lists the tools that have an address.
func (s *server) toolNames() string {
	var names []string
	for _, t := range s.Tools {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// callTool answers a call of asker. Spaces, which mean nothing in front of JSON, keep the answer to a call that waits
// alive; from the first space on, its status is that of a success.
func (s *server) callTool(ex *exchange, r *http.Request, asker ident.Principal, tool *mcp.Tool) {
	ctx, stop := s.watch(s.context(ex, r, asker), asker)
	defer stop()
	arguments, ok := s.receiveArguments(ctx, ex, r, s.MaxBody)
	if !ok {
		return
	}
	answer := &relay{pulse: pulse{ex: ex, every: s.KeepAlive}, header: http.Header{}}
	answer.start(s.Clock, s.KeepAlive, answer.beat)
	defer answer.end(false)
	ctx = mcp.WithClient(ctx, mcp.Client{Agent: r.UserAgent()})
	o := mcp.Do(ctx, s.Logger, tool.Name, func(ctx context.Context, r *mcp.Record) (any, error) {
		given := arguments
		arguments = nil // a call that waits holds no body
		return tool.Call(ctx, given, r)
	})
	switch {
	case o.Canceled:
		refuseTool(answer, http.StatusServiceUnavailable, unavailable(cutOff))
	case o.Failure != nil:
		refuseTool(answer, statusOf(fault.Code(o.Failure.Code)), o.Failure)
	default:
		if tool.Compress {
			mcp.AllowCompression(answer.Header())
		}
		answerTool(answer, http.StatusOK, o.JSON())
	}
}

// refuseNoCall refuses a request of asker that calls no tool, and charges for it.
func (s *server) refuseNoCall(ex *exchange, r *http.Request, asker ident.Principal, status int, f *results.Failure) {
	if beyond := s.charge(s.context(ex, r, asker), ex, api.OtherBytes); beyond != nil {
		status, f = statusOf(beyond.Code), failureOf(beyond)
	}
	refuseTool(ex, status, f)
}

// receiveArguments returns the body of r, the arguments of a call of at most most bytes, if it passes every check that
// a message of MCP passes. Otherwise it refuses the call, and ok is false. ctx has the caller.
func (s *server) receiveArguments(ctx context.Context, ex *exchange, r *http.Request, most int64) (_ json.RawMessage,
	ok bool) {
	body, reason := s.receiveBody(ex, r, most)
	if reason == nil {
		refused := mcp.CheckArguments(body)
		if refused == nil {
			return body, true
		}
		reason = &refusal{http.StatusBadRequest, refused.Code, refused.Message}
	}
	reason = s.charged(ctx, ex, reason)
	failure := invalidCall(reason.sentence)
	switch {
	case ex.refused == fault.RateLimited:
		failure = &results.Failure{Code: string(fault.RateLimited), Message: reason.sentence}
	case repeats(reason.status):
		failure = unavailable(reason.sentence)
	}
	refuseTool(ex, reason.status, failure)
	return nil, false
}

// refuseTool answers a call with a failure.
func refuseTool(w http.ResponseWriter, status int, f *results.Failure) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110, section 15.5.2
	}
	if f.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(f.RetryAfterSeconds, 10))
	}
	answerTool(w, status, results.JSON(f))
}

func answerTool(w http.ResponseWriter, status int, text json.RawMessage) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // fails only if the client has left
}

func failureOf(refused *fault.Error) *results.Failure {
	return &results.Failure{Code: string(refused.Code), Message: refused.Message,
		RetryAfterSeconds: int64(fault.Seconds(refused.RetryAfter))}
}

func invalidCall(sentence string) *results.Failure {
	return &results.Failure{Code: string(fault.InvalidArgument), Message: sentence}
}

// unavailable is the failure of a call that may be repeated.
func unavailable(sentence string) *results.Failure {
	return &results.Failure{Code: string(fault.Unavailable), Message: sentence, RetryAfterSeconds: 2}
}
