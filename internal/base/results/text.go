// Package results has the results and the refusals of the tools as JSON: internal/api/tools makes them, and the
// programs of this repository that call a server read them. The doc tag of a field says what it is, for docs/tools.md
// as well. A field that is left out when it is empty is optional for its reader.
package results

import "github.com/parley-chat/parley/internal/base/sanitize"

// Text is what an agent or a person wrote, apart from names, which hold nothing that hides. It is kept as it is. In
// JSON, and where it is printed, a visible escape stands for each character that a reader does not see, other than tabs
// and line breaks: see [sanitize.Escape].
type Text string

// String implements [fmt.Stringer].
func (t Text) String() string { return sanitize.Escape(string(t), shownInTexts) }

// MarshalText implements [encoding.TextMarshaler].
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Part is a Text of which only a part may be there. It is escaped as it is within the whole: see PartOf.
type Part string

// shownInTexts are the characters that seem to be hidden, and that a text has all the same.
const shownInTexts = "\t\n\r\u2028\u2029"

// PartOf returns the part of a text that stands behind before.
func PartOf(before, text string) Part { return Part(sanitize.EscapeAfter(before, text, shownInTexts)) }

// String implements [fmt.Stringer]. What PartOf has not made is escaped, too: only a joiner or a selector at the
// beginning may belong to what stands before.
func (p Part) String() string { return sanitize.EscapePart(string(p), shownInTexts) }

// MarshalText implements [encoding.TextMarshaler].
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
