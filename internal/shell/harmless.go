package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Harmless returns text as a terminal may show it: in place of every character that
// could act on the terminal, change the order of others or hide, it has a visible
// escape such as \x1b. Line breaks and tabs stay. Scripts that need the exact text read
// it as JSON.
func Harmless(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return escape(text, "\n\t")
}

// HarmlessLine is Harmless for what belongs on one line, such as a name.
func HarmlessLine(text string) string { return escape(text, "") }

func escape(text, allowed string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // an invalid byte reads as U+FFFD
		switch {
		case strings.ContainsRune(allowed, r), !acts(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// acts reports whether r does something other than to be seen: control characters (with
// those of ECMA-48 from U+0080 on), marks of direction, separators of lines, and
// characters that show nothing. Exceptions are the joiners, without which some scripts
// and emoji fall apart, and the format characters that enclose numbers and are seen.
func acts(r rune) bool {
	switch {
	case r == '\u200c', r == '\u200d', unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}
