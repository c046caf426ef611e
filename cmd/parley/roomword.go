package main

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/parley-chat/parley/internal/cli/shell"
)

// typedBy returns the words of a command line as a shell reads them. A long text becomes "…", so that the commands in a
// refusal stay readable.
func typedBy(args []string) []string {
	const longest = 200
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shell.HarmlessLine(pasted(arg))
		if utf8.RuneCountInString(arg) > longest || strings.Contains(arg, "\n") {
			words[i] = "…"
		}
	}
	return words
}

// maybeRoom says which word of a command line that the program takes may still be meant as a room: "say ROOM TEXT"
// would also say the room's name, and in another room if the person has one seat elsewhere.
var maybeRoom = map[string]int{"say": 1, "leave": 1, "task": 2, "supervise": 2}

// refuseRoomWord refuses a command line without --room in which a word names a room of the person, such as "tail ROOM":
// the refusal has the line with --room and --as. It returns nil if the program would not take that line either. wrong
// says that the program does not take the line as it stands; then any word may be the room.
func (s streams) refuseRoomWord(args []string, wrong bool) error {
	at, behind := 1, len(args)
	if !wrong {
		at = maybeRoom[append(args, "")[0]]
		behind = min(behind, at+1)
	}
	for ; 0 < at && at < behind && !strings.HasPrefix(args[at], "-"); at++ {
		rest := slices.Delete(slices.Clone(args), at, at+1)
		command, err := parse(slices.Insert(slices.Clone(rest), min(1, len(rest)), "--room", args[at]), io.Discard)
		if err != nil || command == nil || slices.ContainsFunc(args, isRoomFlag) {
			continue
		}
		here := s
		here.err, here.typed = io.Discard, typedBy(rest)
		by, err := anyServer{server: server{URL: valueOf(command, "url")}}.ProvideShell(here)
		if err != nil {
			return nil // whatever is wrong, the command itself says
		}
		why := ""
		if !wrong {
			why = " If that word belongs to the text, put the whole text in quotes."
		}
		which := shell.Which{Room: args[at], As: valueOf(command, "as"), Watched: args[0] == "supervise"}
		if refused := by.RefuseWord(which, why); refused != nil {
			return refused
		}
	}
	return nil
}

func isRoomFlag(arg string) bool { return arg == "--room" || strings.HasPrefix(arg, "--room=") }

// valueOf returns the value of a flag with a text, "" without one.
func valueOf(command *kong.Context, flag string) string {
	for _, f := range command.Flags() {
		if f.Name == flag {
			value, _ := command.FlagValue(f).(string)
			return value
		}
	}
	return ""
}
