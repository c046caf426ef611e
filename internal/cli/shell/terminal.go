package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// ScreenOn returns a screen that writes to out. On a terminal, lines are as wide as the terminal, and colored unless
// the environment has NO_COLOR (no-color.org) or says that the terminal is dumb.
func ScreenOn(out io.Writer) *Screen {
	s := &Screen{Out: out, Width: func() int { return 0 }, Now: time.Now, columns: columnsOf(os.Getenv)}
	if !IsTerminal(out) {
		return s
	}
	file := unescaped(out).(*os.File)
	s.Terminal = true
	s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && showsColors(file)
	s.Width = func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil || width <= 0 {
			return 80
		}
		return width
	}
	return s
}

// IsTerminal reports whether a standard stream is a terminal.
func IsTerminal(stream any) bool {
	if a, ok := stream.(*ActionsLog); ok {
		stream = a.Out
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// agentVariables are set in the shells of agents: the first two by Claude Code, the others
// by Codex.
func agentVariables() []string {
	return []string{"CLAUDECODE", "AI_AGENT", "CODEX_THREAD_ID", "CODEX_CI"}
}

// OfAgent reports whether this is the shell of an agent, by its variables.
func OfAgent() bool {
	return slices.ContainsFunc(agentVariables(), func(name string) bool { return os.Getenv(name) != "" })
}

// NoPerson says why no person can be at this command; "" if a person can. An agent has the same files as its person:
// NoPerson keeps the agent from taking the person's place by mistake or in passing. An agent can still clear the
// variables and make a terminal.
func NoPerson() string {
	for _, name := range agentVariables() {
		if os.Getenv(name) != "" {
			return "this is the shell of an agent (" + name + " is set)"
		}
	}
	in, out, err := openTerminal()
	if err != nil {
		name, _ := terminalNames()
		return "there is no terminal here (" + name + ")"
	}
	_ = errors.Join(in.Close(), out.Close()) // nothing was written
	return ""
}

// terminalNames returns the names under which a process opens its controlling terminal, whatever is redirected.
func terminalNames() (in, out string) {
	if runtime.GOOS == "windows" {
		return "CONIN$", "CONOUT$"
	}
	return "/dev/tty", "/dev/tty"
}

// openTerminal opens the controlling terminal.
func openTerminal() (in, out *os.File, err error) {
	from, to := terminalNames()
	in, err = os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	out, err = os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, out, nil
}

// Ask returns a function that asks the person at a terminal for a secret, without an echo; nil if in is no terminal.
func Ask(in io.Reader, prompts io.Writer) func(prompt string) (string, error) {
	return ask(context.Background(), in, prompts, (*term.Terminal).ReadPassword)
}

// askFor asks for a secret, and once more if the person only presses Enter, as people do who see nothing of what they
// type. what names the secret.
func askFor(ask func(prompt string) (string, error), what, prompt string) (string, error) {
	typed, err := ask(prompt)
	if err == nil && typed == "" {
		typed, err = ask("Nothing was typed. Type or paste " + what + ", which is not shown, and press Enter: ")
	}
	if err == nil && typed == "" {
		err = fail(failed, "Nothing was typed. Nothing was done: this needs %s.", what)
	}
	return typed, err
}

// Confirm is Ask with an echo.
func Confirm(in io.Reader, prompts io.Writer) func(prompt string) (string, error) {
	return ask(context.Background(), in, prompts, readLine)
}

func readLine(t *term.Terminal, prompt string) (string, error) {
	t.SetPrompt(prompt)
	return t.ReadLine()
}

// untilSignal returns a context that ends at a signal that would end this program, too: while a command runs and while
// the terminal is raw, a second signal must not end the program before it has tidied up.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, ends...)
}

// AskHere asks the person at the terminal itself, whatever is redirected, until ctx ends or a signal ends the program.
// [NoPerson] says whether there is one. Words that were typed before the question are no answer: they may stand below
// the command in lines that were pasted.
func AskHere(ctx context.Context, prompt string) (said string, err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	in, out, err := openTerminal()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close(), out.Close()) }()
	ask := ask(ctx, in, out, readLine)
	if ask == nil {
		return "", fmt.Errorf("%s is no terminal", in.Name())
	}
	last := strings.LastIndex(prompt, "\n") + 1
	_, err = io.WriteString(out, ScreenOn(out).Fold(prompt[:last], Margin))
	if err == nil {
		err = dropTyped(in)
	}
	if err != nil {
		return "", err
	}
	return ask(prompt[last:])
}

func ask(ctx context.Context, in io.Reader, prompts io.Writer,
	read func(t *term.Terminal, prompt string) (string, error)) func(prompt string) (string, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func(prompt string) (string, error) {
		before, err := term.MakeRaw(int(file.Fd())) // first: early typing must not be shown either
		if err != nil {
			return "", err
		}
		both := struct {
			io.Reader
			io.Writer
		}{file, prompts}
		terminal, screen := term.NewTerminal(both, ""), ScreenOn(prompts)
		if width := screen.Width(); width > 0 {
			_ = terminal.SetSize(width, 1) // fails only where it repaints, and nothing is shown yet
		}
		prompt = screen.Fold(prompt, "")
		last := strings.LastIndex(prompt, "\n") + 1 // the terminal would count the lines before, too
		_, err = io.WriteString(prompts, strings.ReplaceAll(prompt[:last], "\n", "\r\n"))
		line := ""
		if err == nil {
			line, err = untilDone(ctx, func() (string, error) { return read(terminal, prompt[last:]) })
		}
		if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
			err = context.Canceled
		}
		return line, errors.Join(err, term.Restore(int(file.Fd()), before))
	}
}

// untilDone returns what is read, or the error of ctx. Then the read goes on, to the end of the program at most.
func untilDone(ctx context.Context, read func() (string, error)) (string, error) {
	var line string
	done := make(chan error, 1)
	go func() {
		var err error
		line, err = read()
		done <- err
	}()
	select {
	case err := <-done:
		return line, err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
