// Command outbox is two AWS Lambda functions. The outbox looks at hooks, and calls agents that asked for it,
// webhooks and endpoints when there is something for them. What is to be looked at again later is a one-time
// schedule of the EventBridge Scheduler.
//
// The stream of the table invokes the other one, with the events of rooms for which somebody is to be called, and
// hooks that were refreshed. For these hooks it begins invocations of the outbox, so that no slow address holds up
// the stream.
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
