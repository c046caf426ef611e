package room

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// CheckText refuses an invalid text of a message. The error is a *fault.Error.
func CheckText(text string) error {
	switch {
	case !strings.ContainsFunc(text, visible):
		return fault.Refuse(fault.InvalidArgument, "text is missing or blank: say something, in 1 to %d bytes.",
			core.MaxText).For(fault.RuleBlank)
	case len(text) > core.MaxText:
		return fault.Refuse(fault.MessageTooLong, "text has %d bytes, at most %d are allowed. Nothing was sent: say "+
			"it shorter, or in several messages.", len(text), core.MaxText)
	case !utf8.ValidString(text):
		return fault.Refuse(fault.InvalidArgument, "text is not valid UTF-8. Nothing was sent.")
	case HasControls(text, "\n\t\r"):
		return fault.Refuse(fault.InvalidArgument,
			"text holds control characters. Nothing was sent: only line breaks and tabs are allowed.").
			For(fault.RuleControls)
	}
	return CheckSecret("text", text)
}

// CheckNote refuses an invalid reason. field names the argument. The error is a *fault.Error of
// InvalidArgument.
func CheckNote(field, note string) error {
	if utf8.RuneCountInString(note) > core.MaxNote || !utf8.ValidString(note) || HasControls(note, "") {
		return fault.Refuse(fault.InvalidArgument,
			"%s: at most %d characters of UTF-8 without control characters. Nothing was changed.", field, core.MaxNote)
	}
	return CheckSecret(field, note)
}

// visible reports whether a reader sees r.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// HasControls reports whether s contains a control character outside of allowed.
func HasControls(s, allowed string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}

// isLine reports whether s is one line of UTF-8 without control characters.
func isLine(s string) bool {
	return utf8.ValidString(s) && !HasControls(s, "") && !strings.ContainsAny(s, "\u2028\u2029")
}

// CheckSecret refuses a text with a token, a link or a key, even if a space splits the secret in two: models
// paste secrets, and terminals break lines. field names the argument. The error is a *fault.Error of
// InvalidArgument.
func CheckSecret(field, text string) error {
	what := ident.SecretIn(text)
	if what == "" {
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "%s holds %s. Nothing was done: that is a secret, which lets others "+
		"act as its owner. Take it out and call again.", field, what).For(fault.RuleSecret)
}
