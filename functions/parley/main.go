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
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are those that every program is started with.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// task is what a command line asks for.
type task func(ctx context.Context, s settings, io streams) error

// serving is the task of a command line that names none.
func serving(ctx context.Context, s settings, io streams) error {
	return serve(ctx, s, io.out, logger(s, io.err))
}

// run is the program: it does what args ask for, until that is done or ctx ends,
// and returns the exit code.
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
