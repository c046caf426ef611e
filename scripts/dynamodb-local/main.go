// Command dynamodb-local runs DynamoDB Local in the foreground, in memory, for
// trying Parley on it. With -fetch it only downloads it into the cache, where
// tests find it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000",
		"listen on `host:port`; anyone who reaches it can read and write every table")
	fetch := flag.Bool("fetch", false, "only download it into the cache")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *fetch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, fetchOnly bool) error {
	dir, err := dynamolocal.Fetch(ctx)
	if err != nil {
		return err
	}
	fmt.Println("DynamoDB Local is in", dir)
	if fetchOnly {
		return nil
	}
	server, err := dynamolocal.Serve(ctx, dir, addr)
	if err != nil {
		return err
	}
	fmt.Printf("It listens on %s and stores its tables in memory. Interrupt it to end it. For a client:\n\n",
		server.Endpoint)
	fmt.Printf("  export AWS_ENDPOINT_URL_DYNAMODB=%s AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=local "+
		"AWS_SECRET_ACCESS_KEY=local\n\n", server.Endpoint)
	return server.Wait(ctx)
}
