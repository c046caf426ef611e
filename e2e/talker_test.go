package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// talker is a person who uses the client commands of the program, with a state folder of
// their own.
type talker struct {
	t        *testing.T
	state    string
	env      []string
	terminal bool // each command has a terminal, though its output is read from a pipe
}

// visitor is a person who knows the address of p.
func visitor(t *testing.T, p *program) *talker {
	t.Helper()
	return &talker{t: t, state: t.TempDir(), env: []string{"PARLEY_URL=" + p.url, "TZ=UTC"}}
}

// watchedRoom makes a room in which Bob has a seat, and Ann watches her Claude.
func watchedRoom(t *testing.T, p *program, room string) (ann, bob *talker) {
	t.Helper()
	claude := talk{t, openGo(t, p.url, modernProtocol)}
	made := claude.ok("create_room", args{"room": room, "agent_name": "Ann's Claude"})
	ann, bob = visitor(t, p), visitor(t, p)
	ann.terminal = true
	ann.does("watch", made.Watch)
	bob.does("join", room, "--as", "Bob")
	return ann, bob
}

// again is the person of w with other variables, or with the seats of another folder.
func (w *talker) again(state string, env ...string) *talker {
	return &talker{w.t, state, append(slices.Clone(w.env), env...), w.terminal}
}

// command is a command line of the person that is not yet run.
func (w *talker) command(ctx context.Context, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Getenv(process.BinaryEnv), arguments...)
	// Most commands live for milliseconds, a quarter of which would go to the garbage collector.
	cmd.Env = append(process.Environment(), "XDG_STATE_HOME="+w.state, "GOGC=off", "GOMEMLIMIT=100MiB")
	cmd.Env = append(cmd.Env, w.env...)
	if w.terminal {
		w.sit(cmd)
	}
	return cmd
}

// sit gives a command a controlling terminal, and leaves its input and output as they are.
func (w *talker) sit(cmd *exec.Cmd) {
	w.t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = errors.Join(tty.Close(), terminal.Close()) }) // nothing is left in it
	const first = 3                                                        // of ExtraFiles, in the command
	cmd.ExtraFiles = []*os.File{tty}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: first}
}

// said is what a command printed, and how it ended.
type said struct {
	out, err string
	code     int
}

// runs runs a command to its end.
func (w *talker) runs(arguments ...string) said {
	w.t.Helper()
	return w.begin(arguments...).ends()
}

// does runs a command that must succeed, and returns its output.
func (w *talker) does(arguments ...string) string {
	w.t.Helper()
	got := w.runs(arguments...)
	if got.code != 0 {
		w.t.Fatalf("parley %q: exit code %d, %s%s", arguments, got.code, got.out, got.err)
	}
	return got.out
}

// running is a command that goes on beside the test.
type running struct {
	w        *talker
	what     []string
	cmd      *exec.Cmd
	out, err process.Output
	ended    chan error
}

// begin starts a command. It is killed when the test ends.
func (w *talker) begin(arguments ...string) *running {
	w.t.Helper()
	return w.starts(w.command(w.t.Context(), arguments...))
}

// starts starts a command line of the person, whose output it reads.
func (w *talker) starts(cmd *exec.Cmd) *running {
	w.t.Helper()
	r := &running{w: w, what: cmd.Args[1:], cmd: cmd, ended: make(chan error, 1)}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	if err := r.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	return r
}

// types runs a command in a terminal, and types an answer where the command asks for it. It
// returns what the terminal showed from then on, and the exit code.
func (w *talker) types(prompt, answer string, arguments ...string) (shown string, code int) {
	w.t.Helper()
	return w.typesAfter("", prompt, answer, arguments...)
}

// typesAfter is types in a terminal at which something was typed before the command asks.
func (w *talker) typesAfter(typed, prompt, answer string, arguments ...string) (shown string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	cmd := w.command(ctx, arguments...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	defer terminal.Close()
	if _, err := io.WriteString(terminal, typed); err != nil {
		w.t.Fatal(err)
	}
	var before strings.Builder
	for buf := make([]byte, 256); !strings.Contains(before.String(), prompt); {
		n, err := terminal.Read(buf)
		if err != nil {
			w.t.Fatalf("%v after %q", err, &before)
		}
		before.Write(buf[:n])
	}
	if _, err := io.WriteString(terminal, answer+"\n"); err != nil {
		w.t.Fatal(err)
	}
	rest, _ := io.ReadAll(terminal) // Linux ends it with an error
	var failed *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &failed) {
		w.t.Fatal(err)
	}
	w.keepsSecrets(before.String()+string(rest), arguments)
	return string(rest), cmd.ProcessState.ExitCode()
}

// ends waits for the end of the command. Nothing that it printed may be a secret.
func (r *running) ends() said {
	r.w.t.Helper()
	select {
	case err := <-r.ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			r.w.t.Fatal(err)
		}
	case <-time.After(2 * patience):
		r.w.t.Fatalf("parley %q still runs, and printed %s%s", r.what, &r.out, &r.err)
	}
	got := said{r.out.String(), r.err.String(), r.cmd.ProcessState.ExitCode()}
	if strings.Contains(got.err, "DATA RACE") {
		r.w.t.Errorf("parley %q: %s", r.what, got.err)
	}
	r.w.keepsSecrets(got.out+got.err, r.what)
	return got
}

// interrupted ends the command as Ctrl-C does.
func (r *running) interrupted() said {
	r.w.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
		r.w.t.Fatal(err)
	}
	return r.ends()
}

// shows waits until the command has printed a text.
func (r *running) shows(text string) {
	r.w.t.Helper()
	await(r.w.t, "parley shows "+text, func() bool { return strings.Contains(r.out.String(), text) })
}

// ownSeat is one entry of a person's file of seats.
type ownSeat struct{ Room, Name, Token, Cursor string }

// seats returns what is in the person's file.
func (w *talker) seats() []ownSeat {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.state, "parley", "seats.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var file struct{ Seats []ownSeat }
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return file.Seats
}

// keepsSecrets fails if a text has a token, a key or a claim. A link is for others where the
// person has asked for one.
func (w *talker) keepsSecrets(text string, what []string) {
	w.t.Helper()
	text = ownLink.ReplaceAllString(inviteLink.ReplaceAllString(text, ""), "")
	if slices.Equal(what[:min(2, len(what))], []string{"supervise", "link"}) {
		text, _, _ = strings.Cut(text, "#")
	}
	if err := secretscan.Find(text); err != nil {
		w.t.Errorf("parley %s: %v", what[0], err)
	}
}

// ownLink is what a join shows a person at a terminal.
var ownLink = regexp.MustCompile(`which opens once:\r?\n  \S+`)

var inviteLink = regexp.MustCompile(`/i/[0-9a-z]{27}\b`)

var (
	clockTime = regexp.MustCompile(`(?m)^([A-Z][a-z]{2} [ \d]\d )?\d\d:\d\d `)
	messageID = regexp.MustCompile(`\bm[0-9a-z]{6}\b`)
)

// plainly returns what was shown without what differs from run to run.
func plainly(shown string) string {
	return messageID.ReplaceAllString(clockTime.ReplaceAllString(shown, "hh:mm "), "mID")
}

// showsAs returns a check of what was shown, but for times and ids.
func showsAs(t *testing.T) func(got, want string) {
	return func(got, want string) {
		t.Helper()
		got = plainly(got)
		if got != want {
			t.Errorf("shown as\n%s, want\n%s", got, want)
		}
	}
}

// idIn returns the id of a message in what was shown.
func (w *talker) idIn(shown string) string {
	w.t.Helper()
	id := messageID.FindString(shown)
	if id == "" {
		w.t.Fatalf("no id in %q", shown)
	}
	return id
}

// jsonLines reads objects of JSON, one per line.
func jsonLines[T any](t *testing.T, text string) (list []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		var v T
		if err := json.NewDecoder(bytes.NewReader([]byte(line))).Decode(&v); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		list = append(list, v)
	}
	return list
}
