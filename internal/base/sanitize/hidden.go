// Package sanitize makes texts that others wrote safe to show. It finds well-known forms of
// credentials (credential.go), and the characters that a reader does not see or that change how
// others are shown, and writes those as escapes (hidden.go). A text could carry orders to a model
// in them that no person sees, or act on a terminal.
//
// Where such a character has work to do it stays: joiners and selectors in emoji and in the
// scripts that need them, one after each visible character. Each of those can still hide less
// than two bits.
package sanitize

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// notSeen are control characters (with those of ECMA-48 from U+0080 on), format
// characters such as marks of direction, tags and soft hyphens, separators of lines,
// everything else that UAX #44 calls Default_Ignorable, and what has no meaning that two
// parties share: private use and noncharacters.
var notSeen = rangetable.Merge(unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp,
	unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)

// IsHidden reports whether a reader may not see r. Format characters that enclose numbers are
// seen.
func IsHidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.Is(notSeen, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// Escape returns text with a visible escape such as \u200b in place of each hidden
// character that is not in allowed. A byte that is not UTF-8 becomes U+FFFD.
func Escape(text, allowed string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, IsHidden) {
		return text
	}
	var b strings.Builder
	var shown rune // the last character, if it was not escaped
	for _, r := range text {
		if !IsHidden(r) || strings.ContainsRune(allowed, r) || worksAfter(shown, r) {
			b.WriteRune(r)
			shown = r
			continue
		}
		b.WriteString(escapeOf(r))
		shown = 0
	}
	return b.String()
}

func escapeOf(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// EscapedLen returns the most bytes that r takes in a text that Escape returned.
func EscapedLen(r rune) int {
	switch {
	case !IsHidden(r):
		return utf8.RuneLen(r)
	case r < 0x100:
		return len(`\x00`)
	case r < 0x10000:
		return len(`\u0000`)
	}
	return len(`\U00000000`)
}

// The characters that have work to do.
const (
	nonJoiner, joiner           = '\u200c', '\u200d'
	textSelector, emojiSelector = '\ufe0e', '\ufe0f'
)

// worksAfter reports whether r, which is hidden, changes how the character before it is
// shown, as its writer meant it. Neither holds after another hidden character, except
// for a joiner after an emoji's selector.
func worksAfter(before, r rune) bool {
	switch {
	case r == nonJoiner, r == joiner:
		return before == emojiSelector || unicode.In(before, unicode.So, unicode.Sk) || joins(before)
	case r == textSelector, r == emojiSelector:
		return unicode.In(before, unicode.S, unicode.Po, unicode.Pd, unicode.Nd) || before == 'ℹ'
	case '\u180b' <= r && r <= '\u180f': // of Mongolian
		return unicode.IsLetter(before) && unicode.Is(unicode.Mongolian, before)
	}
	return false
}

// joins reports whether r is a letter or a mark of a script in which joiners choose the
// form of letters: those from Arabic to Burmese, Khmer and Mongolian.
func joins(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) &&
		('\u0600' <= r && r < '\u10a0' || unicode.In(r, unicode.Khmer, unicode.Mongolian)) &&
		!IsHidden(r)
}
