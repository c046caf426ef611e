package shell

import (
	"strings"

	"github.com/parley-chat/parley/internal/sanitize"
)

// Harmless returns text as a terminal may show it: in place of every character that
// could act on the terminal, change the order of others or hide, it has a visible
// escape such as \x1b. Line breaks and tabs stay.
func Harmless(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return sanitize.Escape(text, "\n\t")
}

// HarmlessLine is Harmless for what belongs on one line, such as a name.
func HarmlessLine(text string) string { return sanitize.Escape(text, "") }
