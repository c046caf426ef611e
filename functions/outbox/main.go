// Command outbox is two AWS Lambda functions. The outbox delivers to hooks: it calls wakes, webhooks and endpoints with
// news. A one-time schedule of the EventBridge Scheduler begins a later delivery.
//
// The stream of the table invokes the other function, with events that call hooks and with refreshed hooks. The
// function begins invocations of the outbox for these hooks, so no slow address holds up the stream.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/server/lambdaenv"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// run serves invocations until Lambda ends the process. The log goes to standard error, which Lambda
// writes to CloudWatch.
func run(ctx context.Context) error {
	s, err := parse()
	if err != nil {
		return err
	}
	app.LimitMemory(s.Memory << 20)
	app.TuneCollector(ctx)
	log := s.Logger(os.Stderr)
	if err := lambdaenv.ReadRootsOnce(); err != nil {
		return err
	}
	if s.Deliverer != "" {
		serve(ctx, (&stream{aws: newCloud(s), log: log}).startDeliveries)
	}
	box, err := app.NewOutbox(ctx, app.Config{Settings: s.Settings, Open: s.open, Logger: log, CallsAtOnce: s.Places})
	if err != nil {
		return err
	}
	serve(ctx, (&deliverer{outbox: box, aws: newCloud(s), clock: clockwork.NewRealClock(), log: log}).handle)
	return nil
}

// serve answers invocations by a handler (see lambda.Start). It does not return.
func serve(ctx context.Context, handler any) {
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
}
