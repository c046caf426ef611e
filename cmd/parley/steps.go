package main

import "strings"

// The first steps of a newcomer, after which two agents talk. README.md has the same words.
const (
	connectTwo = "Connect two agents, in a second terminal"
	tellEach   = `Tell each agent: join the room "hello" on parley and talk to the other one.`
	installIt  = `    Install it:
        go install -v ./cmd/parley
        export PATH="$PATH:$(go env GOPATH)/bin"
`
)

// connectLines are the commands that connect two agents, each with at, such as " --url URL".
func connectLines(at string) string {
	return "parley connect claude-code" + at + " --allow\nparley connect codex" + at + " --allow"
}

// firstSteps are the steps of a person who has the program.
func firstSteps() string {
	return "    Run a server:\n        parley serve\n    " + connectTwo + ":\n" +
		indented(8, connectLines("")) + "\n    " + tellEach + "\n"
}

// steps returns the first steps for the program as it was started: go run leaves no program that clients can start.
func (s streams) steps() string {
	if s.started == goRun {
		return installIt + firstSteps()
	}
	return s.own(firstSteps())
}

// ownHelp is own for a help text, which may have the first steps.
func (s streams) ownHelp(help string) string {
	before, after, found := strings.Cut(help, firstSteps())
	if !found {
		return s.own(help)
	}
	return s.own(before) + s.steps() + s.own(after)
}

// indented returns text with a margin of spaces.
func indented(spaces int, text string) string {
	margin := strings.Repeat(" ", spaces)
	return margin + strings.ReplaceAll(text, "\n", "\n"+margin)
}
