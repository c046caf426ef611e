// Package lambdatest emulates AWS Lambda for tests, on the loopback: the Runtime
// API of one execution environment, the process that runs in it, the instances of a
// function with their freezes and kills, and the fronts (a Function URL, an HTTP API)
// that turn HTTP requests into invocations. Only tests import it.
//
// It follows the AWS Lambda Developer Guide ("Using the Lambda runtime API for
// custom runtimes", "Lambda Extensions API", "Response streaming"), not
// aws-lambda-go, and fails the test if a runtime violates the rules there.
package lambdatest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

var (
	// ErrTimedOut means that the deadline of an invocation passed before its
	// answer was complete. Lambda would have killed the process.
	ErrTimedOut = errors.New("lambdatest: the invocation timed out")
	// ErrExited means that the process ended.
	ErrExited = errors.New("lambdatest: the process has exited")
)

// FunctionError is an error that the function reported for an invocation, either
// as its answer or at the end of an answer that had begun.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
	Begun   bool   `json:"-"` // the answer had begun
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("lambdatest: the function failed: %s: %s", e.Type, e.Message)
}

// Runtime is the Runtime API of one execution environment, and the part of the
// Extensions API that an internal extension uses. Many goroutines may call its
// methods at once.
type Runtime struct {
	// Timeout is the timeout of the function, from which Invoke computes the
	// deadline of an invocation. Change it only between invocations.
	Timeout time.Duration

	t      testing.TB
	addr   string
	idle   func()           // called with each GET next, unless nil
	events chan *invocation // to whichever GET next waits
	closed chan struct{}    // the API ends
	exited chan struct{}    // the process has ended

	mu         sync.Mutex
	open       map[string]*invocation // given out, without an answer
	extensions map[string]bool        // their identifiers
	asked      bool                   // the first GET next has come
}

// Listen starts the API, and ends it when the test ends.
func Listen(t testing.TB) *Runtime {
	t.Helper()
	r, err := listen(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func listen(t testing.TB, idle func()) (*Runtime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Runtime{
		Timeout: 5 * time.Minute,
		t:       t, addr: listener.Addr().String(), idle: idle,
		events: make(chan *invocation), closed: make(chan struct{}), exited: make(chan struct{}),
		open: map[string]*invocation{}, extensions: map[string]bool{},
	}
	server := &http.Server{Handler: r.routes()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it returns when Close is called
	}()
	t.Cleanup(func() {
		close(r.closed)
		_ = server.Close() // the connections of a process that is gone
		<-ended
	})
	return r, nil
}

// Addr returns the value of AWS_LAMBDA_RUNTIME_API for a process.
func (r *Runtime) Addr() string { return r.addr }

// Extensions returns how many extensions have registered.
func (r *Runtime) Extensions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.extensions)
}

// invocation is an event that is being answered.
type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	began    chan *Response // receives the answer when it begins; has room for one
	failed   chan error     // or why there is none; has room for one
}

// Response is the answer of an invocation, available from its first byte.
type Response struct {
	// ID is the id of the invocation.
	ID string
	// ContentType is the content type of the answer on the Runtime API.
	ContentType string
	// Body is the answer as it arrives. It ends with a *FunctionError or
	// ErrTimedOut if the answer is incomplete. Closing it early acts like a
	// client that leaves: the function does not learn of it.
	Body io.ReadCloser
}

// Invoke hands the event to the process as soon as that asks for one, and returns
// when its answer begins. Without an answer the error is a *FunctionError,
// ErrTimedOut, ErrExited or the error of the context.
func (r *Runtime) Invoke(ctx context.Context, event []byte) (*Response, error) {
	inv := &invocation{
		id: rand.Text(), event: event, deadline: time.Now().Add(r.Timeout),
		began: make(chan *Response, 1), failed: make(chan error, 1),
	}
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	given := r.events
	for {
		select {
		case given <- inv:
			given = nil // and no more of it
		case response := <-inv.began:
			return response, nil
		case err := <-inv.failed:
			return nil, err
		case <-timer.C:
			return nil, ErrTimedOut
		case <-r.exited:
			return inv.lastWord()
		case <-ctx.Done():
			go r.abandon(inv, given)
			return nil, ctx.Err()
		}
	}
}

// lastWord returns the error that a process reported before it ended.
func (inv *invocation) lastWord() (*Response, error) {
	select {
	case response := <-inv.began:
		return response, nil
	case err := <-inv.failed:
		return nil, err
	default:
		return nil, ErrExited
	}
}

// abandon hands out an invocation whose client has left, and reads its answer.
func (r *Runtime) abandon(inv *invocation, given chan<- *invocation) {
	for {
		select {
		case given <- inv:
			given = nil
		case response := <-inv.began:
			response.Body.Close()
			return
		case <-inv.failed:
			return
		case <-r.exited:
			return
		case <-r.closed:
			return
		}
	}
}

func (r *Runtime) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", r.serveResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", r.serveError)
	mux.HandleFunc("POST /2020-01-01/extension/register", r.serveRegister)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", r.serveExtensionNext)
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		r.breach(w, http.StatusNotFound, "%s %s is not in the Runtime API", q.Method, q.URL.Path)
	})
	return mux
}

// breach refuses a request that a runtime must not make, and fails the test.
func (r *Runtime) breach(w http.ResponseWriter, status int, format string, args ...any) {
	r.t.Errorf("lambdatest: the runtime broke a rule: "+format, args...)
	w.WriteHeader(status)
}

func (r *Runtime) serveNext(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	r.asked = true
	r.mu.Unlock()
	if r.idle != nil {
		r.idle()
	}
	var inv *invocation
	select {
	case inv = <-r.events:
	case <-q.Context().Done():
		return
	case <-r.closed:
		return
	}
	r.mu.Lock()
	r.open[inv.id] = inv
	r.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:"+functionName)
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0")
	_, _ = w.Write(inv.event) // a process that has gone is noticed by its exit
}

// take returns the invocation that the request answers. It does so only once.
func (r *Runtime) take(w http.ResponseWriter, q *http.Request) *invocation {
	r.mu.Lock()
	inv := r.open[q.PathValue("id")]
	delete(r.open, q.PathValue("id"))
	r.mu.Unlock()
	if inv == nil {
		r.breach(w, http.StatusBadRequest, "an answer to %s, which is not open", q.PathValue("id"))
	}
	return inv
}

func (r *Runtime) serveResponse(w http.ResponseWriter, q *http.Request) {
	inv := r.take(w, q)
	if inv == nil {
		return
	}
	body, pipe := io.Pipe()
	timer := time.AfterFunc(time.Until(inv.deadline), func() { pipe.CloseWithError(ErrTimedOut) })
	defer timer.Stop()
	inv.began <- &Response{ID: inv.id, ContentType: q.Header.Get("Content-Type"), Body: body}
	_, err := io.Copy(pipe, q.Body)
	if err != nil { // the client has gone, and nobody tells the function
		_, err = io.Copy(io.Discard, q.Body)
	}
	switch {
	case err != nil:
		pipe.CloseWithError(ErrExited) // while it answered
		return
	case q.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		pipe.CloseWithError(trailingError(q.Trailer))
	default:
		pipe.Close()
	}
	w.WriteHeader(http.StatusAccepted)
}

// trailingError returns the error at the end of an answer that had begun.
func trailingError(trailer http.Header) error {
	e := &FunctionError{Type: trailer.Get("Lambda-Runtime-Function-Error-Type"), Begun: true}
	text, err := base64.StdEncoding.DecodeString(trailer.Get("Lambda-Runtime-Function-Error-Body"))
	if err == nil {
		err = json.Unmarshal(text, e)
	}
	if err != nil {
		return fmt.Errorf("lambdatest: the trailers of an answer are malformed: %w", err)
	}
	return e
}

func (r *Runtime) serveError(w http.ResponseWriter, q *http.Request) {
	inv := r.take(w, q)
	if inv == nil {
		return
	}
	e := &FunctionError{}
	if err := json.NewDecoder(q.Body).Decode(e); err != nil {
		r.breach(w, http.StatusBadRequest, "an error that is not JSON: %v", err)
	}
	inv.failed <- e
	w.WriteHeader(http.StatusAccepted)
}

func (r *Runtime) serveRegister(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name := q.Header.Get("Lambda-Extension-Name"); name == "" || r.asked {
		r.breach(w, http.StatusForbidden, "the extension %q registered without a name or after the start", name)
		return
	}
	id := rand.Text()
	r.extensions[id] = true
	w.Header().Set("Lambda-Extension-Identifier", id)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"functionName":%q,"functionVersion":"$LATEST","handler":"bootstrap"}`, functionName)
}

func (r *Runtime) serveExtensionNext(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	known := r.extensions[q.Header.Get("Lambda-Extension-Identifier")]
	r.mu.Unlock()
	if !known {
		r.breach(w, http.StatusForbidden, "an extension that has not registered asks for events")
		return
	}
	select {
	case <-r.closed:
	case <-q.Context().Done():
	}
}
