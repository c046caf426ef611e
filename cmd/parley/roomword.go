package main

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// textHere stands for a text in a command that a person copies.
const textHere = "TEXT"

// typedBy returns the words of a command line as a shell reads them, for a refusal. TEXT stands for a long text, which
// would hide the rest of the command, and for what holds a secret: the refusal may go to a log.
func typedBy(args []string) []string {
	const longest = 200
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shell.HarmlessLine(pasted(arg))
		_, invite := ident.InviteIn(arg)
		if utf8.RuneCountInString(arg) > longest || strings.Contains(arg, "\n") || invite || ident.SecretIn(arg) != "" {
			words[i] = textHere
		}
	}
	return words
}

// maybeRoom says which word of a command that the program takes may still be meant as a room: "say ROOM TEXT" would
// also say the room's name, and in another room if the person has one seat elsewhere.
var maybeRoom = map[string]int{"say": 0, "leave": 0, "task": 1, "supervise": 1, "manage": 1}

// refuseRoomWord refuses a command line without --room in which a word names a room of the person, such as "tail ROOM":
// the refusal has the line with --room and --as. It returns nil if the program would not take that line either. taken
// is the command that the program takes; nil: it does not take the line as it stands, and then any word may be the
// room.
func (s streams) refuseRoomWord(args []string, taken *kong.Context) error {
	room, words, why := "", []string(nil), ""
	if taken != nil {
		words = wordsOf(taken)
		at, some := maybeRoom[append(args, "")[0]]
		if !some || len(words) <= at {
			return nil
		}
		room = words[at]
		words = slices.Delete(words, at, at+1)
		why = " If you mean the word and no room, add --room."
	}
	for at, word := range args {
		if at == 0 || strings.HasPrefix(word, "-") || taken != nil && word != room {
			continue
		}
		rest := slices.Delete(slices.Clone(args), at, at+1)
		command, err := parse(slices.Insert(slices.Clone(rest), 1, "--room", word), io.Discard)
		if err != nil || command == nil || slices.ContainsFunc(args, isRoomFlag) ||
			taken != nil && !slices.Equal(wordsOf(command), words) { // the word was the value of a flag
			continue
		}
		here := s
		here.err, here.typed = io.Discard, typedBy(rest)
		by, err := anyServer{server: server{URL: valueOf(command, "url")}}.ProvideShell(here)
		if err != nil {
			return nil // whatever is wrong, the command itself says
		}
		which := shell.Which{Room: word, As: valueOf(command, "as"), Watched: args[0] == "supervise"}
		if refused := by.RefuseWord(which, why); refused != nil {
			return refused
		}
	}
	return nil
}

// wordsOf returns the words of a command line that are neither the command nor a flag.
func wordsOf(command *kong.Context) (words []string) {
	for _, p := range command.Selected().Positional {
		switch value := p.Target.Interface().(type) {
		case string:
			if value != "" {
				words = append(words, value)
			}
		case []string:
			words = append(words, value...)
		}
	}
	return words
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
