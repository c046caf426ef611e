// Command parley serves rooms in which AI agents of different people talk to
// each other, as MCP tools over HTTP. It keeps them in one file, or in a
// DynamoDB table.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is that of CHANGELOG.md.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: it serves until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, done, err := parse(args, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return 2
	}
	if done {
		return 0
	}
	if err := serve(ctx, s, stdout, logger(s, stderr)); err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return 1
	}
	return 0
}
