// Package lambdahttp puts an [http.Handler] behind AWS Lambda: behind a Function
// URL that streams, or behind a front that wants the answer in one piece (a
// Function URL in BUFFERED mode, an HTTP API, `sam local`). It knows HTTP and
// Lambda's Runtime API, and nothing of what the handler does.
//
// What the handler can count on, as with net/http: what it writes leaves at once
// where the front streams; a panic is answered with 500, or cuts the answer so
// that the front reports it as cut; the context ends before Lambda ends the
// process. What it cannot have: Lambda never tells that a client went away.
//
// The wire is described in the AWS Lambda Developer Guide, "Using the Lambda
// runtime API for custom runtimes", "Response streaming" and "Function URLs".
package lambdahttp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

const (
	// margin is how long before the end of an invocation the handler's context
	// ends, so that what it answers then still arrives.
	margin = time.Second
	// apiTime is how long an HTTP API waits for an integration, less what a start
	// of the function may have taken of it ("Quotas for configuring and running
	// an HTTP API": 30 seconds). A handler that keeps 3 seconds for its answer
	// so waits for 25.
	apiTime = 28 * time.Second
	// lastCall is how long requests under way may take once the process is told
	// to end. Lambda kills it after half a second ("Lambda execution environment
	// lifecycle", shutdown phase).
	lastCall = 400 * time.Millisecond
)

// Options of Start. The zero value is for a Function URL that streams.
type Options struct {
	// Buffered says that the invoke mode of the Function URL is BUFFERED, which
	// its events do not tell. An HTTP API is known by its events, and `sam local`
	// by its environment.
	Buffered bool
	// Stop is called once, when the process is to end and before requests under
	// way are waited for: it makes long ones return. Nil: there are none.
	Stop func()
	// Logger gets a line for each panic, with the stack and without its value.
	// Nil means none.
	Logger *slog.Logger
}

// Start serves h with the invocations of this function until ctx ends, which
// should be at SIGTERM ([signal.NotifyContext]): Start asks Lambda to send one.
// Then it calls o.Stop and returns when the requests under way are answered; the
// error says that some were not, in the half second that Lambda leaves for it.
//
// Each invocation has a context of its own, which does not end with ctx but a
// second before Lambda's deadline. As many run at once as the environment has
// AWS_LAMBDA_MAX_CONCURRENCY, else one.
//
// The process ends, with status 1, if the Runtime API fails: Lambda then starts
// another.
func Start(ctx context.Context, h http.Handler, o Options) error {
	f := newFront(h, o)
	go lambda.StartWithOptions(f.invoke, lambda.WithContext(context.WithoutCancel(ctx)), lambda.WithEnableSIGTERM())
	<-ctx.Done()
	if o.Stop != nil {
		o.Stop()
	}
	return f.drain()
}

// front answers invocations by a handler.
type front struct {
	handler  http.Handler
	log      *slog.Logger
	buffered bool         // whatever the event
	busy     sync.RWMutex // read-locked by each invocation until its answer is sent
}

func newFront(h http.Handler, o Options) *front {
	f := &front{handler: h, log: o.Logger, buffered: o.Buffered || os.Getenv("AWS_SAM_LOCAL") == "true"}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	return f
}

// invoke is the Lambda function. Its error becomes the invocation's: the event is
// of a form that no front sends, or a whole answer could not be given.
func (f *front) invoke(ctx context.Context, e *events.LambdaFunctionURLRequest) (*answer, error) {
	if e == nil || e.Version != "2.0" || e.RequestContext.HTTP.Method == "" {
		return nil, errors.New("lambdahttp: this event is no HTTP request: invoke the function by its Function URL, or by an HTTP API with payload format 2.0")
	}
	ctx, cancel := context.WithDeadline(ctx, deadline(ctx, e))
	if f.buffered || !byFunctionURL(e) {
		defer cancel()
		return f.whole(ctx, e)
	}
	return f.stream(ctx, cancel, e), nil
}

// deadline is when the handler's context ends.
func deadline(ctx context.Context, e *events.LambdaFunctionURLRequest) time.Time {
	end, _ := ctx.Deadline() // every invocation has one
	end = end.Add(-margin)
	if limit := time.Now().Add(apiTime); !byFunctionURL(e) && limit.Before(end) {
		return limit
	}
	return end
}

// byFunctionURL reports whether a Function URL sent e, and not an HTTP API, whose
// events have the same form.
func byFunctionURL(e *events.LambdaFunctionURLRequest) bool {
	return strings.Contains(e.RequestContext.DomainName, ".lambda-url.")
}

// drain returns when no invocation is under way, or lastCall has passed.
func (f *front) drain() error {
	quiet := make(chan struct{})
	go func() {
		f.busy.Lock() // for good: nothing begins any more
		close(quiet)
	}()
	timer := time.NewTimer(lastCall)
	defer timer.Stop()
	select {
	case <-quiet:
		return nil
	case <-timer.C:
		return errors.New("lambdahttp: the process ends while requests are still being answered")
	}
}
