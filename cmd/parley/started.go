package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// startedAs returns how a shell starts this program again, from the word by which it was started: a name in the
// PATH, a path, or go run, whose file is gone once the program has ended.
func startedAs(word string) string {
	if strings.Contains(word, "%") { // which formats would read
		return "parley"
	}
	if strings.HasPrefix(word, filepath.Join(os.TempDir(), "go-build")) {
		return "go run ./cmd/parley"
	}
	return pasted(word)
}

// own returns a text in which the commands to paste name the program as it was started.
func (s streams) own(text string) string {
	if s.started == "" || s.started == "parley" {
		return text
	}
	return ownCommand.ReplaceAllStringFunc(text, func(found string) string {
		before, command, _ := strings.Cut(found, "parley ")
		return before + s.started + " " + command
	})
}

// ownCommand is a command of this program that is there to be pasted: at the beginning of a line or behind a colon,
// and not in the middle of a sentence.
var ownCommand = regexp.MustCompile(`((?m:^)|  |: |; see |with )parley (` + strings.Join(commandNames(), "|") + `|--help)\b`)

func commandNames() (names []string) {
	line := reflect.TypeFor[commandLine]()
	for i := range line.NumField() {
		if _, is := line.Field(i).Tag.Lookup("cmd"); is {
			names = append(names, strings.ToLower(line.Field(i).Name))
		}
	}
	return names
}
