// Command dynamodb-local runs DynamoDB Local in the foreground, in memory, for a
// person who tries Parley on it; with -fetch it only brings it into the cache,
// so that tests find it there.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/parley-chat/parley/internal/dynamolocal"
)

func main() {
	port := flag.Int("port", 8000, "the port to listen on, on all interfaces")
	fetch := flag.Bool("fetch", false, "only fetch it into the cache")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *port, *fetch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, port int, fetchOnly bool) error {
	dir, err := dynamolocal.Fetch(ctx)
	if err != nil {
		return err
	}
	fmt.Println("DynamoDB Local is in", dir)
	if fetchOnly {
		return nil
	}
	server, err := dynamolocal.Serve(ctx, dir, port)
	if err != nil {
		return err
	}
	fmt.Printf("It answers at %s and keeps its tables in memory. Interrupt it to end it. For a client:\n\n", server.Endpoint)
	fmt.Printf("  export AWS_ENDPOINT_URL_DYNAMODB=%s AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n\n", server.Endpoint)
	return server.Wait(ctx)
}
