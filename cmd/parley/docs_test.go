package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write docs/commands.md")

// forPeople are the commands in docs/commands.md, in the order of the page.
var forPeople = []string{"demo", "join", "say", "wait", "tail", "who", "history", "put", "get", "tasks", "task",
	"prove", "agreed", "room", "manage", "remove", "rooms", "watch", "supervise", "hooks", "agents", "leave", "forget",
	"move", "invite"}

// TestDocs_commands_areThoseOfTheProgram compares the last section of the page with the program's commands.
func TestDocs_commands_areThoseOfTheProgram(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "commands.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(page), "\n### ")
	if !found {
		head = strings.TrimRight(string(page), "\n") + "\n"
	}
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	want := head
	for _, name := range forPeople {
		i := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == name })
		want += "\n" + section(parser.Model.Children[i])
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if string(page) != want {
		t.Errorf("docs/commands.md is not what the program takes: run go test ./cmd/parley -run Docs -update")
	}
}

// section returns the section about a command.
func section(command *kong.Node) string {
	var b strings.Builder
	title := "parley " + command.Name
	for _, p := range command.Positional {
		title += " " + strings.ToUpper(p.Summary())
	}
	fmt.Fprintf(&b, "### %s\n\n%s", title, command.Help)
	if help, ok := command.Target.Addr().Interface().(kong.HelpProvider); ok {
		fmt.Fprintf(&b, " %s", strings.ReplaceAll(help.Help(), "\n  ", "\n    ")) // code, in Markdown
	}
	b.WriteString("\n")
	var rows []string
	for _, p := range command.Positional {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", strings.ToUpper(p.Name), p.Help))
	}
	for _, f := range command.Flags {
		if slices.Contains([]string{"help", "url", "json", "room"}, f.Name) ||
			f.Name == "as" && !slices.Contains([]string{"join", "hooks", "agents"}, command.Name) {
			continue // the page says this once
		}
		name := "--" + f.Name
		if f.Short != 0 {
			name = "-" + string(f.Short) + ", " + name
		}
		if !f.IsBool() {
			name += " " + f.FormatPlaceHolder()
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", name, f.Help))
	}
	if len(rows) > 0 {
		b.WriteString("\n| | |\n|---|---|\n" + strings.Join(rows, "\n") + "\n")
	}
	return b.String()
}

// TestDocs_settings_areThoseOfTheProgram compares the table of docs/settings.md with the flags of
// parley serve, their variables and their defaults.
func TestDocs_settings_areThoseOfTheProgram(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(&commandLine{}, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	isServe := func(n *kong.Node) bool { return n.Name == "serve" }
	serve := parser.Model.Children[slices.IndexFunc(parser.Model.Children, isServe)]
	var flags []string
	for _, f := range serve.Flags {
		if len(f.Envs) == 0 {
			continue // --help
		}
		flags = append(flags, f.Name)
		row := regexp.MustCompile("(?m)^\\| `--" + f.Name + "[ `].*$").FindString(string(page))
		wrong := f.Default != "" && !strings.Contains(row, "` | `"+f.Default+"` | ")
		if wrong || !strings.Contains(row, "` | `"+f.Envs[0]+"` | ") {
			t.Errorf("docs/settings.md says of --%s, which is %s and by default %q: %q", f.Name, f.Envs[0], f.Default,
				row)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `--([a-z-]+)").FindAllStringSubmatch(string(page), -1)
	if len(rows) != len(flags) || len(flags) < 15 {
		t.Errorf("docs/settings.md has %d rows, and parley serve the flags %q", len(rows), flags)
	}
}
