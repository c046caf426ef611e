package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/app/apptest"
)

// suggested is a command at the end of a line, as the program is started.
var suggested = regexp.MustCompile(`(?m)(?:: |^ +)(\./parley [^\n]*)$`)

// TestShell_suggestedCommands_runAsTheyStand runs each command that these commands print, on a machine with seats of
// two people.
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
	ran := 0
	for _, line := range []string{"join tea --as Bob", "tasks --as Ann", "who --room pie", "say --as Ann --to Zed hi",
		"task drop t9 --as Ann", "room --as Bob --capacity 5", "invite --as Ann", "watch", "hooks",
		"join tea --as Bob --capacity 7"} {
		args := strings.Fields(line)
		if args[0] == "join" {
			args = append(args, "--url", base)
		}
		said, _ := does(args...)
		for _, command := range suggested.FindAllStringSubmatch(said, -1) {
			ran++
			words := strings.Fields(strings.NewReplacer("TITLE", "a title", "ROOM", "pie", "NAME", "Dan", " N", " 6").
				Replace(command[1]))
			if words[1] == "watch" { // which asks for a link, on a terminal
				continue
			}
			if got, code := does(words[1:]...); code == exitUsage || strings.Contains(got, "which seat") {
				t.Errorf("%s suggests %q, which ends with %d: %s", line, command[1], code, got)
			}
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands were suggested", ran)
	}
}

// TestRefusals_suggestedCommands_areOnesThatTheProgramTakes reads those in what a person is told of refusals.
func TestRefusals_suggestedCommands_areOnesThatTheProgramTakes(t *testing.T) {
	alone(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "shell", "testdata", "refusals.golden"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^(?:  \+ .*: |    +)parley ([^\n]*)$`).FindAllStringSubmatch(string(text), -1)
	for _, command := range found {
		line := strings.Fields(strings.ReplaceAll(command[1], " N", " 6"))
		if parsed, err := parse(line, os.Stderr); parsed == nil || err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d commands were found", len(found))
	}
}
