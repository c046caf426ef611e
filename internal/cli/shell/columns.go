package shell

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columns measures how many columns a text takes on a terminal. Where terminals differ, columns measures too much: a
// text wider than measured would wrap to the first column, where only Parley's own lines begin.
type columns struct {
	ambiguous int // of characters that only East Asian terminals show wide
}

// columnsOf returns how the terminal of this environment measures.
func columnsOf(env func(string) string) columns {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if language := env(name); language != "" {
			for _, wide := range []string{"ja", "ko", "zh"} {
				if strings.HasPrefix(language, wide) {
					return columns{2}
				}
			}
			break
		}
	}
	return columns{1}
}

func (c columns) rune(r rune) int {
	switch {
	case r == '\ufe0f': // the character before becomes an emoji
		return 1
	case combines(r):
		return 0
	case r >= 0x1f000 && r <= 0x1faff: // pictures, also of later versions of Unicode
		return 2
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.EastAsianAmbiguous:
		return c.ambiguous
	}
	return 1
}

// combines reports whether r is shown as a part of the character before r, or not at all.
func combines(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Variation_Selector)
}

const zeroWidthJoiner = '\u200d'

func (c columns) text(s string) int {
	n := 0
	for _, r := range s {
		n += c.rune(r)
	}
	return n
}

// tab is how far tabs reach, from the start of the text.
const tab = 8

// untab replaces the tabs of a line by spaces.
func (c columns) untab(line string) string {
	if !strings.Contains(line, "\t") {
		return line
	}
	var b strings.Builder
	at := 0
	for _, r := range line {
		if r != '\t' {
			b.WriteRune(r)
			at += c.rune(r)
			continue
		}
		n := tab - at%tab
		b.WriteString(strings.Repeat(" ", n))
		at += n
	}
	return b.String()
}

// fold breaks a line without tabs into pieces: the first piece has at most first columns, each other piece at most
// rest. fold breaks at spaces where possible, and never within a character of several runes: an emoji's selector at the
// start of a line would be hidden text.
func (c columns) fold(line string, first, rest int) []string {
	var pieces []string
	for limit := first; ; limit = rest {
		n, space, used, solid := len(line), 0, 0, false
		begin, joined := 0, false // of the character at i
		for i, r := range line {
			if !joined && !combines(r) {
				begin = i
			}
			joined = r == zeroWidthJoiner
			w := c.rune(r)
			if used+w > limit && begin > 0 {
				n = begin
				break
			}
			used += w
			solid = solid || r != ' '
			if r == ' ' && solid { // not at the indentation of code
				space = i
			}
		}
		if n == len(line) {
			return append(pieces, line)
		}
		if space > 0 && line[n] != ' ' {
			n = space
		}
		pieces, line = append(pieces, line[:n]), strings.TrimLeft(line[n:], " ")
	}
}

// Fold breaks the lines of a text at words where the lines are wider than the terminal, and begins each further line
// with margin: spaces, if the text may have words of others. What people copy stays in one piece: lines that begin with
// a space, addresses, and commands.
func (s *Screen) Fold(text, margin string) string {
	width := s.Width()
	if width == 0 {
		return text
	}
	list := strings.Split(text, "\n")
	for i, line := range list {
		if !strings.HasPrefix(line, " ") {
			list[i] = s.columns.foldWords(line, margin, width)
		}
	}
	return strings.Join(list, "\n")
}

// foldWords breaks a line at spaces, but not within a word or a command.
func (c columns) foldWords(line, margin string, width int) string {
	const solid = "\x00" // in place of a space within a command
	line = commandWithin.ReplaceAllStringFunc(line, func(found string) string {
		parts := commandWithin.FindStringSubmatch(found)
		return parts[1] + strings.ReplaceAll(parts[2], " ", solid) + parts[3]
	})
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(line, " ") {
		n := c.text(word)
		switch {
		case i == 0:
		case used+1+n > width && word != "":
			b.WriteString("\n" + margin)
			used = len(margin)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return strings.ReplaceAll(b.String(), solid, " ")
}

// commandWithin matches a command of this program within a sentence, up to the end of the sentence or the part.
var commandWithin = regexp.MustCompile(`(: |; see |with |\| |“)((?:go run )?(?:'[^']*'|\S*parley\S*) [a-z-]+` +
	`(?:'[^']*'|"[^"]*"|[^'"])*?)(”|[.,:;)]+ |[.,:;)]* *$)`)
