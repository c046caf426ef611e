package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/parley-chat/parley/internal/cli/prove"
)

var update = flag.Bool("update", false, "write what people see of the story of the shell")

// told matches the beginning of a line of the story that is a command.
var told = regexp.MustCompile(`^(Ann|Bob)([$&>]) ?(.*)$`)

// testdata/shell.txt has commands, and below each command what its person sees. Ann sits at a terminal of 100 columns.
// Bob is a script with pipes: what stands behind ! is from standard error. No agent runs these commands, so what only
// agents are to read must not be there.
//
//	Bob$ COMMAND    runs parley COMMAND to its end
//	Bob& COMMAND    begins it beside the next commands
//	Bob> [TEXT]     shows that one: once it has ended or, with TEXT, once it has printed TEXT and Ctrl-C was pressed
//
// Ids are counted as they appear.
func TestShellStory_isShownByteForByte(t *testing.T) {
	const file = "testdata/shell.txt"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newStory(t)
	for line := range strings.Lines(string(want)) {
		if at := told.FindStringSubmatch(strings.TrimSuffix(line, "\n")); at != nil {
			s.tell(at[1], at[2], at[3])
		}
	}
	got := s.all.String()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got == string(want) {
		return
	}
	is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(is), len(was)) {
		if is[i] != was[i] {
			t.Fatalf("line %d is\n%s\nand was\n%s", i+1, is[i], was[i])
		}
	}
	t.Fatalf("%d lines, and %d were told", len(is), len(was))
}

type story struct {
	t      *testing.T
	server string
	ann    *talker
	bob    *talker
	beside *running
	ids    map[string]string // as they are told, by the ids of this run
	real   map[string]string // the other way
	all    strings.Builder
}

func newStory(t *testing.T) *story {
	p := start(t)
	s := &story{t: t, server: strings.TrimSuffix(p.url, "/mcp"), ann: visitor(t, p), bob: visitor(t, p),
		ids: map[string]string{}, real: map[string]string{}}
	for _, who := range []*talker{s.ann, s.bob} {
		who.env = append(who.env, "NO_COLOR=1", "TERM=xterm", "CLAUDECODE=", "AI_AGENT=", "CODEX_THREAD_ID=",
			"CODEX_CI=")
	}
	for name, text := range map[string]string{"api.json": "{}\n", "long.txt": strings.Repeat("a line\n", 2000)} {
		if err := os.WriteFile(filepath.Join(s.ann.state, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// tell runs a line of the story, and adds the line and what came of it.
func (s *story) tell(who, how, line string) {
	s.t.Helper()
	s.all.WriteString(strings.TrimSpace(who+how+" "+line) + "\n")
	line = messageID.ReplaceAllStringFunc(line, func(id string) string { return s.real[id] })
	if how == ">" {
		got := said{}
		if line == "" {
			got = s.beside.ends()
		} else {
			s.beside.shows(line)
			got = s.beside.interrupted()
		}
		s.show(got)
		return
	}
	words, err := prove.Split(line)
	if err != nil {
		s.t.Fatalf("%s: %v", line, err)
	}
	w := map[string]*talker{"Ann": s.ann, "Bob": s.bob}[who]
	cmd := w.command(s.t.Context(), words...)
	cmd.Args[0], cmd.Dir = "parley", s.ann.state
	switch {
	case how == "&":
		s.beside = w.starts(cmd)
	case w == s.bob:
		s.show(w.starts(cmd).ends())
	default:
		s.show(atTerminal(s.t, cmd))
	}
}

// atTerminal runs a command at a terminal, which shows both outputs.
func atTerminal(t *testing.T, cmd *exec.Cmd) said {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	shown, _ := io.ReadAll(terminal) // Linux ends it with an error
	var failed *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return said{strings.ReplaceAll(string(shown), "\r\n", "\n"), "", cmd.ProcessState.ExitCode()}
}

var (
	links = regexp.MustCompile(`/r/\S+`)
	times = regexp.MustCompile(`(, |at |! |(?m:^))(\d{4}-\d\d-\d\d )?\d\d:\d\d\b(:\d\d UTC)?`)
)

// show adds what a person sees, without what differs from run to run.
func (s *story) show(got said) {
	text := got.out
	for line := range strings.Lines(got.err) {
		text += "! " + line
	}
	if got.code != 0 {
		text += fmt.Sprintf("(exit code %d)\n", got.code)
	}
	text = strings.ReplaceAll(text, s.server, "http://SERVER")
	text = times.ReplaceAllString(links.ReplaceAllString(text, "/r/LINK"), "${1}hh:mm")
	s.all.WriteString(messageID.ReplaceAllStringFunc(text, func(id string) string {
		if id == "message" || id == "minutes" || id == "missing" {
			return id
		}
		if s.ids[id] == "" {
			s.ids[id] = fmt.Sprintf("m%06d", len(s.ids)+1)
			s.real[s.ids[id]] = id
		}
		return s.ids[id]
	}))
}
