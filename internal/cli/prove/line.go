package prove

import (
	"errors"
	"regexp"
	"strings"
)

// plainWord is a word that each shell reads as it stands.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// assignment is a first word that a shell reads as the value of a variable.
var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\+?=`)

// Join writes a command as one line, quoted for a POSIX shell. Split returns the words again.
func Join(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if !plainWord.MatchString(arg) || i == 0 && assignment.MatchString(arg) {
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// ErrShell is the error for a line that only a shell can run.
var ErrShell = errors.New("the command line needs a shell")

// expands are the characters that a shell does not read as they stand, outside quotes.
const expands = ";&|<>()$`*?[~#!{}"

// Split returns the words of a line as a POSIX shell reads them. It expands nothing: a line that a shell would change,
// or that is more than one command, is an error, which is ErrShell.
func Split(line string) (words []string, err error) {
	if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == '\x7f' }) {
		return nil, ErrShell
	}
	for rest := strings.TrimLeft(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		if len(words) == 0 && assignment.MatchString(rest) {
			return nil, ErrShell
		}
		var word string
		word, rest, err = cutWord(rest)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return nil, ErrShell
	}
	return words, nil
}

// cutWord returns the first word of a line that begins with one, and what is behind the word.
func cutWord(line string) (word, rest string, err error) {
	var b strings.Builder
	for line != "" && line[0] != ' ' && line[0] != '\t' {
		part, n := line[:1], 1
		switch c := line[0]; {
		case c == '\'':
			end := strings.IndexByte(line[1:], '\'')
			if end < 0 {
				return "", "", ErrShell
			}
			part, n = line[1:1+end], end+2
		case c == '"':
			part, n, err = inDoubleQuotes(line[1:])
			if err != nil {
				return "", "", err
			}
			n++
		case c == '\\' && len(line) > 1:
			part, n = line[1:2], 2
		case c == '\\' || strings.IndexByte(expands, c) >= 0:
			return "", "", ErrShell
		}
		b.WriteString(part)
		line = line[n:]
	}
	return b.String(), line, nil
}

// inDoubleQuotes returns the text up to the closing quote of text, and how many bytes it takes with that quote.
func inDoubleQuotes(text string) (part string, n int, err error) {
	var b strings.Builder
	for n < len(text) {
		switch c := text[n]; {
		case c == '"':
			return b.String(), n + 1, nil
		case c == '$' || c == '`':
			return "", 0, ErrShell
		case c == '\\' && n+1 < len(text) && strings.IndexByte("$`\"\\", text[n+1]) >= 0:
			n++
		}
		b.WriteByte(text[n])
		n++
	}
	return "", 0, ErrShell
}
