package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/demo"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/server/app"
)

// demoCommand is `parley demo`.
type demoCommand struct {
	Yes       bool `help:"Send the message that waits without asking, and end with the story."`
	NoBrowser bool `name:"no-browser" help:"Do not open the room in a browser. Its link is printed in any case."`
}

// Help returns the text of parley demo --help.
func (demoCommand) Help() string {
	return `Two scripts talk as agents do, at a server of the demo's own, over a temporary file. The demo needs no client and no network, and leaves nothing behind.

Without a terminal it asks nothing, as with --yes. The exit code is 1 if a step fails, and 0 if Ctrl-C ends the demo; go run makes that 1.`
}

// Run plays the demo. The server and its file go, whatever ends the demo.
func (d *demoCommand) Run(ctx context.Context, io streams) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal was closed
	defer stop()
	outliveReaders()
	err := d.play(ctx, io)
	switch {
	case err == nil: // text pasted from now on reaches the shell
		fmt.Fprint(io.out, io.afterDemo())
		return nil
	case errors.Is(err, syscall.EPIPE): // nobody reads on
		return nil
	}
	if ctx.Err() != nil || errors.Is(err, context.Canceled) { // by a signal, or Ctrl-D
		fmt.Fprintln(io.out, "\nThe demo is stopped. Nothing of it is left.")
		return nil
	}
	return &shell.Failure{Code: exitFailure, Text: shell.HarmlessLine(fmt.Sprintf("the demo failed at this step: %s. "+
		"Nothing of it is left.", withoutPackages(err)))}
}

// play starts the server, and stops it after the story or when ctx ends.
func (d *demoCommand) play(ctx context.Context, io streams) error {
	dir, err := os.MkdirTemp("", "parley-demo-")
	if err != nil {
		return fmt.Errorf("a folder for the server's file is made: %w", err)
	}
	defer os.RemoveAll(dir)
	line := &commandLine{}
	parser, err := newParser(line, io.out, func(int) {})
	if err != nil {
		return err
	}
	ignoreEnvironment(parser)
	_, err = read(parser, []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "parley.db")})
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	var story sync.WaitGroup
	var failed error
	base := ""
	err = line.Serve.serve(ctx, io, func(_ app.Config, _ *app.App, at endpoint) error {
		base = "http://" + at.hostport
		story.Go(func() {
			defer end()
			failed = d.printStory(ctx, base, io)
		})
		return nil
	})
	end()
	story.Wait()
	if seats, err := client.OpenTokens(); err == nil {
		_ = seats.RemoveAt(base) // the person may have opened the link in a shell; a seat that stays is listed as gone
	}
	if err != nil {
		return fmt.Errorf("a server is started: %w", err)
	}
	return failed
}

// ignoreEnvironment has a parser read the command line alone.
func ignoreEnvironment(parser *kong.Kong) {
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error { // no visit fails
		if flag, ok := node.(*kong.Flag); ok {
			flag.Envs, flag.Tag.Envs = nil, nil
		}
		return next(nil)
	})
}

// printStory tells the story of the demo at a server.
func (d *demoCommand) printStory(ctx context.Context, base string, io streams) error {
	s := demo.Story{Base: base, Screen: shell.ScreenOn(io.out), Clock: clockwork.NewRealClock()}
	person := shell.IsTerminal(io.in) && shell.IsTerminal(io.out)
	if person && !d.NoBrowser {
		s.Open = demo.Browse
	}
	if person && !d.Yes {
		s.Lines = linesOf(io.in)
	}
	if err := s.Tell(ctx); err != nil {
		return err
	}
	fmt.Fprintln(io.out, s.Screen.Fold("\nThat was a real server. The two scripts called its tools by MCP, as AI "+
		"agents do.", ""))
	if s.Lines != nil {
		fmt.Fprintln(io.out, s.Screen.Fold("Its page works until the demo ends:\n  "+s.Link+"\n\n"+
			"Enter ends the demo, and shows how to go on with agents of your own.", ""))
		s.DropTyped()
		select {
		case <-s.Lines:
		case <-ctx.Done():
		}
	}
	return nil
}

// afterDemo says, once the demo has ended, how a newcomer goes on.
func (s streams) afterDemo() string {
	on := shell.ScreenOn(s.out)
	within := *on
	within.Width = func() int { return max(0, on.Width()-4) }
	steps := strings.Replace(s.steps(), "    "+tellEach, indented(4, within.Fold(tellEach, "")), 1)
	return on.Fold("\nThe demo has ended, and nothing of it is left. To let agents of your own talk:\n\n"+steps+
		"\nEach agent then gives you a link like the one above.\n", "")
}

// linesOf returns the lines that a person types from now on. If nobody takes the lines, only the first is kept.
func linesOf(in io.Reader) <-chan string {
	lines := make(chan string, 1)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			default:
			}
		}
	}()
	return lines
}
