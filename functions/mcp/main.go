// Command mcp is the server as an AWS Lambda function on a DynamoDB table.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/internal/observe/meter/emf"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/server/lambdaenv"
	"github.com/parley-chat/parley/internal/server/lambdahttp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// run serves invocations until ctx ends. Metrics go to standard output and the
// log to standard error; Lambda writes both to CloudWatch.
func run(ctx context.Context) error {
	s, err := parse()
	if err != nil {
		return err
	}
	app.LimitMemory(s.Memory << 20)
	app.TuneCollector(ctx)
	log := s.Logger(os.Stderr)
	metrics := emf.New(emf.Options{Out: os.Stdout, Function: lambdacontext.FunctionName})
	defer metrics.Flush()
	if err := lambdaenv.ReadRootsOnce(); err != nil {
		return err
	}
	c := app.Config{Settings: s.Settings, Open: s.open, Metrics: metrics, Logger: log, LeavingUnseen: true,
		StandbyLooks: true, FilesOut: filesOut, ClientSecret: clientSecret(s.ClientSecret)}
	if s.OriginSecret == "" { // or else nobody is served at the function's own address
		c.Deployed = lambdahttp.FunctionURL
	}
	a, err := app.New(ctx, c)
	if err != nil {
		return err
	}
	warm(ctx, a.Ready, log)
	err = lambdahttp.Start(ctx, behindCloudFront(a.Handler, s.OriginSecret, s.publicHost()),
		lambdahttp.Options{Buffered: s.Buffered, Stop: a.Stop, Logger: log})
	return errors.Join(err, a.Close())
}
