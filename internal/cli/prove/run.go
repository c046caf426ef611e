// Package prove runs a command for a task, and says what ran and on which files: [Command.Run], [FilesAt]. A command is
// kept as one line, which [Join] writes and [Split] reads.
package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"time"

	"github.com/jonboulle/clockwork"
)

// Command is a command to run, without a shell.
type Command struct {
	Args  []string
	Dir   string
	Env   []string      // nil: the environment of this process
	Limit time.Duration // how long the command may run
	Show  io.Writer     // gets the output while the command runs; see Ran.Unseen
	Clock clockwork.Clock
}

// Ran is how a command ended.
type Ran struct {
	Exit    int  // as a shell says it: 128 and the number of the signal that ended the command; -1 if it has no byte
	TimeOut bool // the command was ended at its limit; Exit says nothing
	Took    time.Duration
	Sum     string // the SHA-256 of the output, in hex
	Bytes   int64  // of the output
	Last    []byte // the end of the output, for [Tail]
	Unseen  bool   // Show did not take all of the output: a write to it hangs, and so would the next
}

// StartError says that a command did not start.
type StartError struct {
	Name string
	err  error
}

func (e *StartError) Error() string {
	if e.Missing() {
		return "there is no command " + e.Name
	}
	return fmt.Sprintf("%s does not start: %v", e.Name, e.err)
}

func (e *StartError) Unwrap() error { return e.err }

// Missing reports whether there is no such command.
func (e *StartError) Missing() bool {
	return errors.Is(e.err, exec.ErrNotFound) || errors.Is(e.err, fs.ErrNotExist)
}

// The pauses for what a command leaves: between the signals TERM and KILL, and until its output ends although Show does
// not take it, or a process outside its group has the output, too.
const (
	patience  = 3 * time.Second
	afterward = time.Second
)

// Run runs the command to its end, to its limit or to the end of ctx. What the command has started ends with it: the
// command is a process group of its own, without input and without a terminal. The error is a *StartError, or that of
// ctx.
func (c Command) Run(ctx context.Context) (Ran, error) {
	if ctx.Err() != nil {
		return Ran{}, ctx.Err()
	}
	from, to, err := os.Pipe() // one for both streams, so that lines stay in their order
	if err != nil {
		return Ran{}, err
	}
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.Dir, c.Env, to, to
	begun := c.Clock.Now()
	group, err := startGroup(cmd)
	_ = to.Close() // the command has it
	if err != nil {
		_ = from.Close()
		return Ran{}, &StartError{c.Args[0], err}
	}
	out, read, exited := newOutput(c.Show), make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = io.Copy(out, from) // it ends when nobody writes any more, or when from is closed
		close(read)
	}()
	go func() {
		_ = cmd.Wait() // the state says how it ended
		close(exited)
	}()

	// The command ends by itself or is ended.
	var ran Ran
	select {
	case <-exited:
	case <-c.Clock.After(c.Limit):
		ran.TimeOut = true
	case <-ctx.Done():
	}
	ran.Took = c.Clock.Since(begun)
	group.ask()
	select {
	case <-exited:
	case <-c.Clock.After(patience):
	}
	group.end()
	<-exited

	// All of its group has ended, so the output ends. What Show does not take is read all the same.
	for _, end := range []func(){out.leaveShow, func() { _ = from.Close() }, func() {}} {
		select {
		case <-read:
		case <-c.Clock.After(afterward):
		}
		end()
	}
	ran.Sum, ran.Bytes, ran.Last, ran.Unseen = out.result()
	ran.Exit = exitOf(cmd.ProcessState)
	return ran, ctx.Err()
}

// byteOf returns an exit code that is a byte, or -1.
func byteOf(code int) int {
	if code < 0 || code > 255 {
		return -1
	}
	return code
}
