package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app/apptest"
)

// suggested is a command at the end of a line, as the program is started.
var suggested = regexp.MustCompile(`(?m)(?:: |^ +)(\./parley [^\n]*)$`)

// TestShell_suggestedCommands_runAsTheyStand runs each suggested command in the output of these commands, on a machine
// with seats of two people.
func TestShell_suggestedCommands_runAsTheyStand(t *testing.T) {
	emptyHome(t)
	t.Setenv("PARLEY_URL", "")
	base := apptest.Serve(t, nil)
	does := func(args ...string) (string, int) {
		var out strings.Builder
		code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &out, started: "./parley"})
		return out.String(), code
	}
	for _, line := range []string{"--as Ann", "--as Bob", "--as Cy --capacity 5"} {
		does(append([]string{"join", "tea", "--url", base}, strings.Fields(line)...)...)
	}
	does("say", "--as", "Bob", "--room", "tea", "hello there")
	does("join", "two", "--as", "Ann", "--url", base)
	does("join", "two", "--as", "Bob", "--url", base)
	ran := 0
	for _, line := range []string{"join tea --as Bob", "tasks --as Ann", "who --room pie", "say --as Ann --to Zed hi",
		"task cancel t9 --as Ann", "room --as Bob --capacity 5", "invite --as Ann", "watch", "hooks",
		"join tea --as Bob --capacity 7", "join two --as Eve", "join tea --as Eve --capacity 7", "get", "task cancel",
		"task add", "task check t1 well", "task finish t1 --exit 0", "prove t1"} {
		args := strings.Fields(line)
		if args[0] == "join" {
			args = append(args, "--url", base)
		}
		said, _ := does(args...)
		for _, command := range suggested.FindAllStringSubmatch(said, -1) {
			ran++
			words := strings.Fields(strings.NewReplacer("TITLE", "a title", "ROOM", "pie", "NAME", "Dan", " N", " 6",
				"TEXT", "hi", " ID", " t9", "COMMAND", "true").
				Replace(command[1]))
			switch words[1] {
			case "watch": // asks for a link, on a terminal
				continue
			case "join": // of the usual server, which somebody may run on this machine
				words = append(words, "--url", base)
			}
			if got, code := does(words[1:]...); code == exitUsage || strings.Contains(got, "several seats") {
				t.Errorf("%s suggests %q, which ends with %d: %s", line, command[1], code, got)
			}
		}
	}
	if ran < 30 {
		t.Errorf("only %d commands were suggested", ran)
	}
}

// TestSuggestedCommands_haveWhatWasGiven reads suggestions with a server, a file or a client.
func TestSuggestedCommands_haveWhatWasGiven(t *testing.T) {
	emptyHome(t)
	t.Setenv("PARLEY_URL", "")
	keys := emptyFile(t)
	const nobody = "http://127.0.0.1:1"
	for _, c := range []struct{ args, started, want string }{
		{"connect codex --url " + nobody, "./parley", "./parley --help"},
		{"connect codex --url http://parley.invalid", "./parley", "./parley doctor --url http://parley.invalid"},
		{"connect codex --allow --no-wake --url " + nobody, goRun,
			"go build ./cmd/parley && ./parley connect codex --url " + nobody + " --allow --no-wake"},
		{"connect --undo", "./parley", "./parley connect; see ./parley connect --help"},
		{"doctor --wait 1s --url " + nobody, "./parley", "./parley --help"},
		{"rooms --url " + nobody, "./parley", "./parley --help"},
		{"keys revoke Ann --data " + keys, "./parley", "./parley keys list --data " + keys},
		{"keys add Ann --data " + keys, "./parley", ""},
		{"keys revoke Ann --data " + keys, "./parley", "./parley invite --new --room ROOM"},
		{"standby", "./parley", "./parley join ROOM --as NAME"},
		{"task cancel", "./parley", "./parley tasks; see ./parley task --help"},
		{"task cancel --room Bob's --as Ann", "./parley", `./parley tasks --room 'Bob'\''s' --as Ann; see ./parley task --help`},
		{"get --room tea --url " + nobody, "./parley", "./parley history --files --room tea --url " + nobody +
			"; see ./parley get --help"},
	} {
		var out strings.Builder
		run(t.Context(), strings.Fields(c.args), streams{in: strings.NewReader(""), out: &out, err: &out,
			started: c.started, program: "/usr/local/bin/parley"})
		if !regexp.MustCompile(`(?m)(: |; see )`+regexp.QuoteMeta(c.want)+`$`).MatchString(out.String()) &&
			c.want != "" {
			t.Errorf("%s: it says %q, want %s", c.args, out.String(), c.want)
		}
		if _, line, _ := strings.Cut(c.want, "./parley "); c.want != "" && line != "--help" {
			line, _, _ = strings.Cut(line, ";")
			line = strings.NewReplacer("ROOM", "pie", "NAME", "Dan").Replace(line)
			if parsed, err := parse(strings.Fields(line), os.Stderr); parsed == nil || err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// TestHelp_startedAsAPath_itsCommandsNameThePath reads the help of the program and of each command, and the answers to
// wrong command lines.
func TestHelp_startedAsAPath_itsCommandsNameThePath(t *testing.T) {
	atHome(t)
	says := func(args ...string) string {
		var out strings.Builder
		run(t.Context(), args, streams{out: &out, err: &out, started: "./parley"})
		return out.String()
	}
	bare := regexp.MustCompile(`(?m)(^|: |\| |^ +|see )parley (<|--|[a-z])[^\n]*`)
	lines := [][]string{{"--help"}, {"srve"}, {"say", "--nope"}, {"key", "add"}}
	for _, name := range commandNames() {
		lines = append(lines, []string{name, "--help"})
	}
	for _, args := range lines {
		said := says(args...)
		if found := bare.FindString(said); found != "" || !strings.Contains(said, "./parley ") {
			t.Errorf("%s: it suggests %q:\n%s", args, found, said)
		}
	}
	if said := says("--help"); !strings.Contains(said, "  ./parley connect claude-code --allow\n") {
		t.Errorf("it says %s", said)
	}
}

// TestSentences_suggestedCommands_areOnesThatTheProgramTakes reads the suggestions in refusals for people and in next
// for agents.
func TestSentences_suggestedCommands_areOnesThatTheProgramTakes(t *testing.T) {
	atHome(t)
	filled := strings.NewReplacer("ROOM", "pie", "NAME", "Dan", " N", " 6", "TEXT", "hi", "TITLE", "hi",
		"TIME", "20m")
	for _, file := range []string{"refusals.golden", "next.golden"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "internal", "cli", "shell", "testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)(?:^  \+ .*: |^    +|“)parley ([^\n”]*)(?:$|”)`).FindAllStringSubmatch(string(text), -1)
		for _, command := range found {
			line := strings.Fields(filled.Replace(command[1]))
			if parsed, err := parse(line, os.Stderr); parsed == nil || err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		if len(found) < 40 {
			t.Errorf("only %d commands were found in %s", len(found), file)
		}
	}
}
