package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// answer is the body for the Runtime API. aws-lambda-go reads an answer to the end, or to an error for the trailers,
// and closes the answer when everything is sent.
type answer struct {
	io.Reader
	contentType string
	sent        func()
}

// ContentType is called by aws-lambda-go.
func (a *answer) ContentType() string { return a.contentType }

// Close implements [io.Closer].
func (a *answer) Close() error {
	a.sent()
	return nil
}

// MarshalJSON makes aws-lambda-go use the answer as a reader.
func (a *answer) MarshalJSON() ([]byte, error) {
	return nil, errors.New("an answer is read, not encoded")
}

// stream sends the answer to e while the handler writes it. It returns when the
// answer has begun. cancel ends the handler's context.
func (f *front) stream(ctx context.Context, cancel context.CancelFunc, e *event) *answer {
	// The function counts as busy until the answer is closed.
	f.busy.RLock()
	body, pipe := io.Pipe()
	begun := make(chan struct{})
	w := &writer{header: http.Header{}, body: pipe, begun: func() { close(begun) }}
	go func() {
		defer cancel()
		pipe.CloseWithError(f.serve(ctx, w, e))
	}()
	<-begun
	// Status and header no longer change; the body goes on.
	response := &events.LambdaFunctionURLStreamingResponse{
		StatusCode: w.status, Headers: w.headers, Cookies: w.cookies, Body: body,
	}
	return &answer{response, response.ContentType(), func() {
		cancel() // nobody reads the rest of an answer that was not sent to the end
		body.Close()
		f.busy.RUnlock()
	}}
}

// whole sends the answer to e after the handler has returned.
func (f *front) whole(ctx context.Context, e *event) (*answer, error) {
	f.busy.RLock()
	var body bytes.Buffer
	w := &writer{header: http.Header{}, body: &body, begun: func() {}}
	text, err := []byte(nil), f.serve(ctx, w, e)
	if err == nil {
		text, err = w.encode(body.Bytes())
	}
	if err != nil {
		f.busy.RUnlock()
		return nil, err
	}
	return &answer{bytes.NewReader(text), "application/json", f.busy.RUnlock}, nil
}

// encode returns an answer in one piece. A body is in base64 if the body is no text, or would be longer in JSON, such
// as zeros: Lambda passes on 6 MB at most ("Lambda quotas").
func (w *writer) encode(body []byte) ([]byte, error) {
	response := events.LambdaFunctionURLResponse{StatusCode: w.status, Headers: w.headers, Cookies: w.cookies}
	if utf8.Valid(body) {
		response.Body = string(body)
		text, err := json.Marshal(response)
		if err != nil || len(text) < base64.StdEncoding.EncodedLen(len(body))+slack {
			return text, err
		}
	}
	response.Body, response.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	return json.Marshal(response)
}

// slack is how much longer than in base64 a text may be, so that short texts can be read in a log.
const slack = 64 << 10

// serve runs the handler for e. The answer in w has begun when serve returns. serve logs a panic, and answers with
// 500 or, if the answer had begun before the panic, returns an error, because the answer is incomplete. A handler
// that wants this error panics with [http.ErrAbortHandler], as with net/http, and serve logs nothing.
func (f *front) serve(ctx context.Context, w *writer, e *event) (err error) {
	defer func() {
		v := recover()
		switch {
		case v == nil:
			w.WriteHeader(http.StatusOK) // if the handler has written nothing
		case v == http.ErrAbortHandler && w.status != 0:
			err = messages.InvokeResponse_Error{Type: "Handler.Abort",
				Message: "the handler cut its answer off"}
		case w.status != 0:
			f.logPanic(ctx, v)
			err = messages.InvokeResponse_Error{Type: "Handler.Panic",
				Message: "the handler panicked while it answered; the log has the stack"}
		default:
			f.logPanic(ctx, v)
			w.refuse(http.StatusInternalServerError, "Something went wrong inside the server and has been logged. "+
				"Try again; if it fails again, quote the id "+invocationID(ctx)+" to the person who runs this server.")
		}
	}()
	// Events that only another kind of front sends are answered without the handler.
	if e.older() {
		w.refuse(http.StatusNotImplemented, "This function answers a Function URL, or an HTTP API with payload "+
			"format 2.0. A REST API and a load balancer send other events: the person who runs this server has to "+
			"put one of the first two in front of it.")
		return nil
	}
	// From here on the event is a request of a known format, and the handler answers a request that can be read.
	w.headOnly = e.RequestContext.HTTP.Method == http.MethodHead
	r, err := newRequest(ctx, e)
	if err != nil {
		w.refuse(http.StatusBadRequest, "The request cannot be read: "+err.Error()+".")
		return nil
	}
	f.handler.ServeHTTP(w, r)
	return nil
}

func (w *writer) refuse(status int, sentence string) {
	clear(w.header) // of what the handler has set
	w.header.Set("Content-Type", "text/plain; charset=utf-8")
	w.header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, sentence+"\n") // the client has left
}

// logPanic logs a panic without the value, unless the value is an error of the runtime: another value might contain
// words of an agent.
func (f *front) logPanic(ctx context.Context, v any) {
	what := fmt.Sprintf("%T", v)
	if fault, ok := v.(runtime.Error); ok {
		what = fault.Error()
	}
	f.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("id", invocationID(ctx)),
		slog.String("panic", what), slog.String("stack", string(debug.Stack())))
}

// invocationID returns the id of the invocation in Lambda's own log lines.
func invocationID(ctx context.Context) string {
	if about, ok := lambdacontext.FromContext(ctx); ok {
		return about.AwsRequestID
	}
	return ""
}

// writer is the http.ResponseWriter of an invocation. A flush only sends the
// header, since the body is never buffered here.
type writer struct {
	header   http.Header // for the handler to change
	headOnly bool        // the request is a HEAD
	body     io.Writer
	begun    func() // called once, when the fields below no longer change

	status  int // 0: not begun
	headers map[string]string
	cookies []string
}

// Header implements [http.ResponseWriter].
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter]. Lambda cannot send informational
// statuses (1xx).
func (w *writer) WriteHeader(status int) {
	if w.status != 0 || status < 200 {
		return
	}
	w.status, w.headers = status, make(map[string]string, len(w.header))
	for name, values := range w.header {
		if name == "Set-Cookie" {
			w.cookies = append(w.cookies, values...) // cookies cannot be joined: RFC 6265, section 3
		} else {
			w.headers[name] = strings.Join(values, ",")
		}
	}
	w.begun()
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK) // if there was none
	switch {
	case w.status == http.StatusNoContent || w.status == http.StatusNotModified:
		return 0, http.ErrBodyNotAllowed
	case w.headOnly:
		return len(p), nil
	}
	return w.body.Write(p)
}

// Flush implements [http.Flusher].
func (w *writer) Flush() { w.WriteHeader(http.StatusOK) }
