// Package lambdahttp runs an [http.Handler] as an AWS Lambda function, behind a Function URL that streams or behind a
// front that needs the answer in one piece: a Function URL in BUFFERED mode, an HTTP API or `sam local`. A REST API
// and a load balancer get a refusal. The package knows HTTP and Lambda's Runtime API, and nothing about the handler.
//
// As with net/http, the handler can rely on this: a front that streams sends each write at once; a panic is answered
// with 500, or cuts the answer off so that the front reports an error; the context ends before Lambda ends the
// process. There is one difference: Lambda never reports that a client left.
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
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

const (
	// margin is how long before the end of an invocation the handler's context
	// ends, so that the last answer still arrives.
	margin = time.Second
	// apiTime is how long an HTTP API waits for an integration ("Quotas for
	// configuring and running an HTTP API": 30 seconds), minus the time for a cold
	// start. A handler that reserves 3 seconds for its answer waits for 25.
	apiTime = 28 * time.Second
	// lastCall is how long open requests may take after SIGTERM. Lambda kills the
	// process after half a second ("Lambda execution environment lifecycle",
	// shutdown phase).
	lastCall = 400 * time.Millisecond
)

// Options of Start. The zero value is for a Function URL that streams.
type Options struct {
	// Buffered says that the invoke mode of the Function URL is BUFFERED: events do not show the mode. An HTTP API is
	// recognized by its events, and `sam local` by its environment.
	Buffered bool
	// Stop makes long requests return. Start calls Stop once when the process has to end, before Start waits for open
	// requests. Nil means that no request is long.
	Stop func()
	// Logger receives a line for each panic, with the stack and without the value.
	// Nil means no log.
	Logger *slog.Logger
}

// Start answers the invocations of this function with h until ctx ends, which
// should be at SIGTERM ([signal.NotifyContext]). Start asks Lambda to send that
// signal. Then it calls o.Stop and returns when the open requests are answered. An
// error means that some were not answered in the half second that Lambda allows.
//
// The context of an invocation does not end with ctx but a second before Lambda's deadline.
// AWS_LAMBDA_MAX_CONCURRENCY says how many invocations run at once; the default is one.
//
// If the Runtime API fails, the process ends with status 1, and Lambda starts another process.
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

// invoke is the Lambda function. Its error becomes the error of the invocation: no
// front sends such an event, or the answer is incomplete.
func (f *front) invoke(ctx context.Context, e *event) (*answer, error) {
	if e == nil || !e.older() && (e.Version != "2.0" || e.RequestContext.HTTP.Method == "") {
		return nil, errors.New("lambdahttp: this event is not an HTTP request: invoke the function by its Function " +
			"URL, or by an HTTP API with payload format 2.0")
	}
	ctx, cancel := context.WithDeadline(ctx, e.deadline(ctx))
	if f.buffered || !e.byFunctionURL() {
		defer cancel()
		return f.whole(ctx, e)
	}
	return f.stream(ctx, cancel, e), nil
}

// deadline returns when the handler's context ends.
func (e *event) deadline(ctx context.Context) time.Time {
	end, _ := ctx.Deadline() // every invocation has one
	end = end.Add(-margin)
	if limit := time.Now().Add(apiTime); !e.byFunctionURL() && limit.Before(end) {
		return limit
	}
	return end
}

// drain returns when no invocation is open, or after lastCall.
func (f *front) drain() error {
	quiet := make(chan struct{})
	go func() {
		f.busy.Lock() // never unlocked: no invocation starts after this
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
