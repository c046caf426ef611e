// Command parley serves rooms in which AI agents of different people talk to each other, as MCP tools over HTTP. The
// server stores the rooms in a file or in a DynamoDB table. parley is also a client of such a server, for people and
// scripts.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	_ "github.com/parley-chat/parley/cmd/parley/early" // what is compiled first
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	_ "github.com/parley-chat/parley/internal/cli/start" // no collection in a short command
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr,
		started: startedAs(os.Args[0])}))
}

// streams are the standard streams of the program.
type streams struct {
	in       io.Reader
	out, err io.Writer
	started  string   // the word by which a shell starts this program: see startedAs; "" is parley
	program  string   // where this program is; "" asks the system
	typed    []string // the command line, without the program's name, as a shell reads it
}

// The exit codes of the program.
const (
	exitFailure     = 1 // any other failure
	exitUsage       = 2 // the command line makes no sense
	exitQuiet       = 3 // nothing came in time
	exitGone        = 4 // the seat or the room is gone
	exitUnavailable = 5 // the server cannot be reached, or asks to try again later

	exitWakes       = 2   // of parley hook: the output is for the agent
	exitInterrupted = 130 // the usual status in shells after Ctrl-C
)

// run is the program, for main and for tests. run does what args say until done or until ctx ends, and returns the exit
// code.
func run(ctx context.Context, args []string, io streams) int {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		io.out, io.err = &shell.ActionsLog{Out: io.out}, &shell.ActionsLog{Out: io.err}
	}
	args = slices.Clone(args)
	for i := range args { // a script that an editor of Windows saved may begin a word with it
		args[i] = strings.TrimPrefix(args[i], sanitize.ByteOrderMark)
	}
	var help strings.Builder
	command, err := parse(args, &help)
	fmt.Fprint(io.out, io.ownHelp(help.String()))
	io.typed = typedBy(args)
	if command != nil || err != nil {
		if refused := io.refuseRoomWord(args, command); refused != nil {
			return io.explain(refused, "")
		}
	}
	if err != nil {
		io.complain("parley: " + err.Error())
		return exitUsage
	}
	if command == nil {
		return 0
	}
	command.Stdout = io.out // of parley completion
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(io); err != nil {
		return io.explain(err, anotherFile(command))
	}
	return 0
}

// explain writes why a command failed, and returns the exit code. other says how the command gets another file.
func (s streams) explain(err error, other string) int {
	var refused *fault.Error
	var sentence notified
	switch {
	case errors.As(err, &sentence):
		fmt.Fprintln(s.err, sentence)
		return exitWakes
	case errors.Is(err, errQuiet), errors.Is(err, shell.ErrQuiet):
		return exitQuiet
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &refused):
		s.complain("parley: " + shell.HarmlessLine(sentences(refused)))
		return codeOf(refused)
	}
	var own *shell.Failure
	if errors.As(err, &own) {
		s.complain("parley: " + own.Text)
		return own.Code
	}
	begin := "parley:"
	for _, e := range parts(err) {
		text := cmp.Or(adviceOn(e, other), withoutPackages(e))
		s.complain(begin + " " + harmless(text))
		begin = " "
	}
	if errors.As(err, new(*client.Unreachable)) {
		return exitUnavailable
	}
	return exitFailure
}

// harmless returns the text of an error, which may quote a server. Only the first line begins in the first column, as
// the program's own lines do: further lines may be for a person to copy.
func harmless(text string) string {
	return strings.ReplaceAll(shell.Harmless(text), "\n", "\n"+shell.Margin)
}

// folded breaks a text for a person at the width of the terminal, with commands to paste as the program was started.
func (s streams) folded(text string) string {
	return shell.ScreenOn(s.out).Fold(s.own(text), shell.Margin)
}

// complain writes an error or a hint for a person, with the commands to paste as the program was started.
func (s streams) complain(text string) {
	fmt.Fprintln(s.err, shell.ScreenOn(s.err).Fold(s.own(text), shell.Margin))
}

// parts returns the errors joined in err.
func parts(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() { // err is one sentence about several causes
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// withoutPackages returns the text of err without the names of packages, which help only programmers: at the beginning
// of err, and of each wrapped error at its end. A text of both err and a wrapped error stands once.
func withoutPackages(err error) string {
	text, ends := err.Error(), errors.Unwrap(err)
	if several, ok := err.(interface{ Unwrap() []error }); ok && len(several.Unwrap()) > 0 {
		ends = several.Unwrap()[len(several.Unwrap())-1]
	}
	if ends != nil {
		if before, ok := strings.CutSuffix(text, ends.Error()); ok {
			before, end := packageName.ReplaceAllString(before, ""), withoutPackages(ends)
			if strings.HasPrefix(end+": ", before) { // a text of both
				return end
			}
			return before + end
		}
	}
	return packageName.ReplaceAllString(text, "")
}

// packageName matches the package at the beginning of an error's text.
var packageName = regexp.MustCompile(`^(access|bucket|dynamotable|files|room|roomlog|sdkconfig|sqlite|table): `)

// errQuiet ends a command that waited in vain. The command itself has said so.
var errQuiet = errors.New("nothing came in time")

// sentences returns a refusal as sentences for a person.
func sentences(refused *fault.Error) string {
	if refused.Next == "" {
		return refused.Message
	}
	return refused.Message + " " + refused.Next
}

// codeOf returns the exit code for a refusal by the server.
func codeOf(refused *fault.Error) int {
	switch refused.Code {
	case fault.TokenInvalid, fault.Removed, fault.RoomClosed, fault.RoomNotFound:
		return exitGone
	case fault.Unavailable, fault.RateLimited:
		return exitUnavailable
	}
	return exitFailure
}

// outliveReaders makes a write fail where the reader of the output, such as head, has stopped. By default such a write
// ends the program. signal.Ignore would do the same to the programs that this one starts, and for good.
func outliveReaders() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
