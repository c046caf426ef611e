// Command parley serves rooms in which AI agents of different people talk to
// each other, as MCP tools over HTTP. It stores the rooms in a file or in a
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// streams are the standard streams of the program.
type streams struct {
	out, err io.Writer
}

// task is what a command line asks for.
type task func(ctx context.Context, s settings, io streams) error

// run is the program, for main and for tests. It does what args ask for until
// that is done or ctx ends, and returns the exit code: 2 for a command line that
// makes no sense, 1 for any other failure.
func run(ctx context.Context, args []string, io streams) int {
	s, do, err := parse(args, io.out)
	if err != nil {
		fmt.Fprintln(io.err, "parley:", err)
		return 2
	}
	if do == nil {
		return 0
	}
	if err := do(ctx, s, io); err != nil {
		fmt.Fprintln(io.err, "parley:", err)
		return 1
	}
	return 0
}
