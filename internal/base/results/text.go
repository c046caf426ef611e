// Package results has the results and the refusals of the tools as JSON: internal/api/tools makes the results, and the
// clients in this repository read them. The doc tag describes a field, for docs/tools.md as well. A field that is left
// out when empty is optional for readers.
package results

import (
	"fmt"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// Text is what an agent or a person wrote, apart from names, which hide nothing. Text is kept unchanged. In JSON and in
// print, a visible escape stands for each character that a reader does not see, other than tabs and line breaks: see
// [sanitize.Escape].
type Text string

// String implements [fmt.Stringer].
func (t Text) String() string { return sanitize.Escape(string(t), shownInTexts) }

// MarshalText implements [encoding.TextMarshaler].
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Part is a Text or a part of a Text. Part is escaped as within the whole: see PartOf.
type Part string

// shownInTexts are the seemingly hidden characters that a text keeps.
const shownInTexts = "\t\n\r\u2028\u2029"

// PartOf returns the part of a text behind before.
func PartOf(before, text string) Part { return Part(sanitize.EscapeAfter(before, text, shownInTexts)) }

// String implements [fmt.Stringer]. A Part that PartOf has not made is escaped, too: only a joiner or a selector at the
// start may belong to the text before.
func (p Part) String() string { return sanitize.EscapePart(string(p), shownInTexts) }

// MarshalText implements [encoding.TextMarshaler].
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Count writes how many there are of what one thing and several things are called.
func Count[N int | int64](n N, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
