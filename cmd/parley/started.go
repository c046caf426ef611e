package main

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// startedAs returns how a shell starts this program again. word is the word that started the program: a name in the
// PATH, a path, or go run, whose file does not stay.
func startedAs(word string) string {
	if strings.Contains(word, "%") { // formats would read %
		return "parley"
	}
	if ofGoRun.MatchString(filepath.ToSlash(word)) {
		return goRun
	}
	return pasted(word)
}

// goRun starts this program from a clone. The program's file is in a folder that is removed at once, or in the cache of
// builds.
const goRun = "go run ./cmd/parley"

var ofGoRun = regexp.MustCompile(`/go-build[0-9]+/|/[0-9a-f]{64}-d/[^/]+$`)

// own returns a text with the program's name in commands to paste as the program was started.
func (s streams) own(text string) string {
	if s.started == "" || s.started == "parley" {
		return text
	}
	return ownCommand.ReplaceAllStringFunc(text, func(found string) string {
		before, command, _ := strings.Cut(found, "parley ")
		if s.started == goRun && command == "connect" { // clients need a program that stays
			return before + "go build ./cmd/parley && ./parley connect"
		}
		return before + s.started + " " + command
	})
}

// ask is shell.Ask with the commands of a prompt as the program was started.
func (s streams) ask() func(prompt string) (string, error) {
	ask := shell.Ask(s.in, s.err)
	if ask == nil {
		return nil
	}
	return func(prompt string) (string, error) { return ask(s.own(prompt)) }
}

// ownCommand matches a command of this program for pasting: at the beginning of a line, or behind a colon or a pipe,
// but not within a sentence.
var ownCommand = regexp.MustCompile(`((?m:^)|  |: |; see |(?m:^)See |with |\| )parley (` + strings.Join(commandNames(), "|") +
	`|--help|--version|<command)\b`)

func commandNames() (names []string) {
	line := reflect.TypeFor[commandLine]()
	for i := range line.NumField() {
		if _, is := line.Field(i).Tag.Lookup("cmd"); is {
			name := line.Field(i).Tag.Get("name")
			if name == "" {
				name = strings.ToLower(line.Field(i).Name)
			}
			names = append(names, name)
		}
	}
	return names
}
