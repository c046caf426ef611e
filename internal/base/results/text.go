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
func (t Text) String() string { return sanitize.Escape(string(t), "\t\n\r\u2028\u2029") }

// MarshalText implements [encoding.TextMarshaler].
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
