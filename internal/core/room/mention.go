package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/parley-chat/parley/internal/base/ident"
)

// mentionable returns text in the form to search for mentions, reduced as names are (RFC 8266); "" if text
// mentions nobody.
func mentionable(text string) string {
	if !strings.ContainsAny(text, "@\uff20\ufe6b") {
		return ""
	}
	lower := cases.Lower(language.Und, cases.HandleFinalSigma(false))
	return lower.String(ident.WithPlainApostrophes(norm.NFKC.String(text)))
}

// mentions reports whether text, from mentionable, contains @ and the name with this key, as a whole word. The @ may
// follow a letter, since not every language has spaces. So bob@ann.example mentions Ann.
func (s *State) mentions(text, key string) bool {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			return false
		}
		if behind, yes := strings.CutPrefix(after, key); yes && !s.continues(key, behind) {
			return true
		}
		rest = after
	}
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// unspaced are the scripts that write no space after a name, and the ー of kana, which Unicode counts to none.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai,
	unicode.Lao, unicode.Khmer, unicode.Myanmar, {R16: []unicode.Range16{{Lo: 'ー', Hi: 'ー', Stride: 1}}}}

// continues reports whether behind, the text after the name with this key, makes the name longer: then the text names
// somebody else. Most letters do. A letter of a script without spaces, or of another script than the name, may begin
// the next word, so it does only if an agent with the longer name is here: @Bobさん and @Bobजी name Bob.
func (s *State) continues(key, behind string) bool {
	word := strings.TrimLeft(behind, "-_")
	r, _ := utf8.DecodeRuneInString(word)
	if unicode.IsLetter(r) && (unicode.In(r, unspaced...) || changesScript(key, r)) {
		return slices.ContainsFunc(s.Agents, func(a Agent) bool {
			rest, longer := strings.CutPrefix(a.Key, key)
			return longer && rest != "" && strings.HasPrefix(behind, rest)
		})
	}
	return word != "" && isWordRune(r)
}

// changesScript reports whether r, a letter, is of another script than the last letter of key. Letters that several
// scripts share change none.
func changesScript(key string, r rune) bool {
	at := strings.LastIndexFunc(key, unicode.IsLetter)
	if at < 0 {
		return false
	}
	last, _ := utf8.DecodeRuneInString(key[at:])
	return !unicode.In(r, unicode.Common, unicode.Inherited) && !unicode.Is(ident.ScriptOf(r), last)
}
