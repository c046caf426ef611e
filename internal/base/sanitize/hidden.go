// Package sanitize makes texts of others safe to show. It finds well-known forms of credentials (credential.go). It
// escapes characters that a reader does not see, and characters that change how others are shown (hidden.go): such
// characters could give a model orders unseen by people, or act on a terminal.
//
// A hidden character with a wanted effect stays: joiners and selectors in emoji and in scripts that need joiners, one
// after each visible character. Each can still hide less than two bits.
package sanitize

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// notSeen are control characters (with the characters of ECMA-48 from U+0080 on), format characters such as marks of
// direction, tags and soft hyphens, separators of lines, everything else that UAX #44 calls Default_Ignorable, and
// characters without a meaning that two parties share: private use and noncharacters.
var notSeen = rangetable.Merge(unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp,
	unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)

// ByteOrderMark may begin a program's input, and is no part of the data (RFC 8259, section 8.1).
const ByteOrderMark = "\ufeff"

// SkipByteOrderMark returns r behind the byte order mark, if r begins with a mark.
func SkipByteOrderMark(r *bufio.Reader) *bufio.Reader {
	if start, _ := r.Peek(len(ByteOrderMark)); string(start) == ByteOrderMark { // an error comes again
		_, _ = r.Discard(len(start))
	}
	return r
}

// IsHidden reports whether a reader may not see r. Format characters that enclose numbers are seen.
func IsHidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.Is(notSeen, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// Escape returns text with a visible escape such as \u200b in place of each hidden character that is not in allowed. A
// byte that is not UTF-8 becomes U+FFFD.
func Escape(text, allowed string) string { return EscapeAfter("", text, allowed) }

// EscapeAfter is Escape for a text that continues another, before: a joiner at the start of text may have an effect.
// The escaped parts of a text, each behind the parts before, are together the escaped text.
func EscapeAfter(before, text, allowed string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, IsHidden) {
		return text
	}
	var b strings.Builder
	shown := lastShown(before)
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

// EscapePart is EscapeAfter for an unknown text before: a joiner or a selector at the start is taken to have an effect.
func EscapePart(text, allowed string) string {
	before := "\u2764" // behind which all have an effect, except those of Mongolian
	if first, _ := utf8.DecodeRuneInString(text); '\u180b' <= first && first <= '\u180f' {
		before = "\u182e"
	}
	return EscapeAfter(before, text, allowed)
}

// lastShown returns the last character of text; 0 if it is escaped. The last three characters decide: at most two
// hidden characters with an effect follow a visible one, a selector and a joiner.
func lastShown(text string) (shown rune) {
	start := len(text)
	for range 3 {
		_, n := utf8.DecodeLastRuneInString(text[:start])
		start -= n
	}
	for _, r := range text[start:] {
		if !IsHidden(r) || worksAfter(shown, r) {
			shown = r
		} else {
			shown = 0
		}
	}
	return shown
}

// seamRoom is how far before its limit a text may be cut, so that no cut divides a visible character.
const seamRoom = 64

// Seam returns where to cut text so that at most n bytes come before the cut: not within a character that a reader
// sees, if there is such a place in the last 64 bytes. text[:n] ends with a character.
func Seam(text string, n int) int {
	for i := n; 0 < i && i < len(text) && i > n-seamRoom; {
		if !isOneCharacter(text[:i], text[i:]) {
			return i
		}
		_, size := utf8.DecodeLastRuneInString(text[:i])
		i -= size
	}
	return n
}

// follows are the characters that belong to the character before, beside marks, joiners and selectors: colors of skin,
// and the tags of a flag.
var follows = &unicode.RangeTable{R32: []unicode.Range32{{0x1f3fb, 0x1f3ff, 1}, {0xe0020, 0xe007f, 1}}}

// isOneCharacter reports whether a reader sees the end of before and the start of after as one character, by the rules
// of UAX #29 that matter for people's texts: after begins with a character that belongs to the character before, before
// ends with a joiner, or a flag of two letters begins in one and ends in the other.
func isOneCharacter(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	if unicode.Is(unicode.Join_Control, last) ||
		unicode.In(next, unicode.M, unicode.Join_Control, unicode.Variation_Selector, follows) {
		return true
	}
	letters := len(before) - len(strings.TrimRightFunc(before, isFlagLetter))
	return isFlagLetter(next) && letters/utf8.RuneLen(next)%2 == 1
}

func isFlagLetter(r rune) bool { return unicode.Is(unicode.Regional_Indicator, r) }

func escapeOf(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// EscapedLen returns the most bytes of r in a text that Escape returned.
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

// The characters with an effect on the character before.
const (
	nonJoiner, joiner           = '\u200c', '\u200d'
	textSelector, emojiSelector = '\ufe0e', '\ufe0f'
)

// worksAfter reports whether r, which is hidden, changes how the character before is shown, as the writer meant it.
// After another hidden character r has no effect, except for a joiner after an emoji's selector.
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

// joins reports whether r is a letter or a mark of a script in which joiners choose the form of letters: the scripts
// from Arabic to Burmese, Khmer and Mongolian.
func joins(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M) &&
		('\u0600' <= r && r < '\u10a0' || unicode.In(r, unicode.Khmer, unicode.Mongolian)) &&
		!IsHidden(r)
}
