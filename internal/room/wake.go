package room

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// WokenBy reports whether e, which is news to a, ends a's wait. With at most two
// agents every event does. With more, joins, leaves and messages of kind Status
// do not. With forMe only what is meant for a does: private messages, replies,
// mentions and requests.
func (a Agent) WokenBy(e Event, agents int, forMe bool) bool {
	switch {
	case agents <= 2, e.ClosesRoom(), e.Type == Managed && e.Seat == a.Seat:
		return true
	case e.Type != Said || e.Kind == Status:
		return false
	}
	return !forMe || len(e.To) > 0 || e.ReSeat == a.Seat || e.Kind == Request || mentions(e.Text, a.Key)
}

// mentions reports whether text contains @ and the name with this key, as a
// whole word. The text is reduced as names are (RFC 8266).
func mentions(text, key string) bool {
	if !strings.ContainsAny(text, "@\uff20\ufe6b") {
		return false
	}
	lower := cases.Lower(language.Und, cases.HandleFinalSigma(false))
	for rest := lower.String(norm.NFKC.String(text)); ; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			return false
		}
		if behind, yes := strings.CutPrefix(after, key); yes && !continues(behind) {
			return true
		}
		rest = after
	}
}

// continues reports whether the text behind a name makes it a longer name.
func continues(behind string) bool {
	behind = strings.TrimLeft(behind, "-_")
	r, _ := utf8.DecodeRuneInString(behind)
	return behind != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
