package sanitize

import (
	"iter"
	"math"
	"regexp"
	"strings"
	"sync"
)

// Credential returns the well-known kind of credential that a text seems to contain, such as "a GitHub token"; "" for
// none. Each character is read at most a few times. The forms are forms that gitleaks finds.
func Credential(text string) string {
	for start, end := range runs(text, isBase64URL, leastToken) {
		if kind := kindOf(text, start, end); kind != "" {
			return kind
		}
	}
	for start, end := range runs(text, isBase64, awsSecret) {
		before := text[max(0, start-awsName):start]
		if end-start == awsSecret && !isPlaceholder(text[start:end]) && awsNames().MatchString(before) {
			return "an AWS secret key"
		}
	}
	if holdsPrivateKey(text) {
		return "a private key"
	}
	return ""
}

const (
	leastToken = 20 // characters of the shortest token
	awsSecret  = 40 // characters of a secret of AWS
	awsName    = 48 // how far before the secret its name may begin
)

// awsNames matches the name of a secret of AWS and the text before its value, also in JSON in JSON. Without the name,
// any text of the same length would match.
var awsNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)secret[_ -]?(?:access[_ -]?)?key(?:[\\s:=>,\"'`\\\\]|\\\\[nrt]){1,9}$")
})

// token is a form: a prefix, and the characters of the alphabet that follow the prefix.
type token struct {
	kind, prefix string
	alphabet     func(c byte) bool
	least, most  int    // characters that follow
	holds        string // must be among the characters that follow
}

var tokens = sync.OnceValue(func() []token {
	const long = math.MaxInt
	all := []token{
		{"a GitHub token", "github_pat_", isWord, 82, long, ""},
		{"an Anthropic key", "sk-ant-", isBase64URL, 50, long, ""},
		{"an OpenAI key", "sk-", isBase64URL, 48, long, "T3BlbkFJ"},
	}
	for _, prefix := range []string{"AKIA", "ASIA", "ABIA", "ACCA"} {
		all = append(all, token{"an AWS access key", prefix, isBase32, 16, 16, ""})
	}
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"} {
		all = append(all, token{"a GitHub token", prefix, IsAlphanumeric, 36, long, ""})
	}
	return all
})

// kindOf returns the kind of a token in a run of letters, digits, - and _ of text.
func kindOf(text string, start, end int) string {
	for _, t := range tokens() {
		for from := start; ; {
			i := strings.Index(text[from:end], t.prefix)
			if i < 0 {
				break
			}
			first := from + i + len(t.prefix)
			from = first
			if !beginsWord(text, first-len(t.prefix)) {
				continue
			}
			for from < end && t.alphabet(text[from]) { // the next token begins behind the alphabet's characters
				from++
			}
			if (from == end || !IsAlphanumeric(text[from])) && t.matches(text[first:from]) {
				return t.kind
			}
		}
	}
	return ""
}

// matches reports whether a token can have rest behind its prefix.
func (t token) matches(rest string) bool {
	return t.least <= len(rest) && len(rest) <= t.most && strings.Contains(rest, t.holds) && !isPlaceholder(rest)
}

// beginsWord reports whether neither a letter nor a digit is before text[i:], except the letter of an escape such as \n
// in JSON.
func beginsWord(text string, i int) bool {
	return i == 0 || !IsAlphanumeric(text[i-1]) ||
		i > 1 && text[i-2] == '\\' && strings.IndexByte("nrt", text[i-1]) >= 0
}

// holdsPrivateKey reports whether text contains a private key in PEM (RFC 7468) or the armor of OpenPGP: the first
// line, and soon a line of base64. The first line alone is no key.
func holdsPrivateKey(text string) bool {
	const begin, mark, headers, line = "-----BEGIN ", "PRIVATE KEY", 600, 40
	for {
		before, after, found := strings.Cut(text, mark)
		if !found {
			return false
		}
		text = after
		after = strings.TrimPrefix(after, " BLOCK")
		if !strings.Contains(before[max(0, len(before)-len(begin)-20):], begin) || !strings.HasPrefix(after, "-----") {
			continue
		}
		after = after[:min(len(after), headers)]
		for start, end := range runs(after, isBase64, line) {
			if !isPlaceholder(after[start:end]) {
				return true
			}
		}
	}
}

// isPlaceholder reports whether a secret is an example, such as the secrets of Amazon's pages or a row of "x". Among 16
// random characters of an alphabet of 32, fewer than eight are different once in some 100,000 times.
func isPlaceholder(secret string) bool {
	if strings.HasSuffix(secret, "EXAMPLE") || strings.HasSuffix(secret, "EXAMPLEKEY") {
		return true
	}
	different := map[byte]bool{}
	for i := 0; i < len(secret) && len(different) < 8; i++ {
		different[secret[i]] = true
	}
	return len(different) < 8
}

// runs gives the start and the end of each longest run of an alphabet with at least so many characters.
func runs(text string, alphabet func(c byte) bool, least int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		start := 0
		for i := 0; i <= len(text); i++ {
			if i < len(text) && alphabet(text[i]) {
				continue
			}
			if i-start >= least && !yield(start, i) {
				return
			}
			start = i + 1
		}
	}
}

// IsAlphanumeric reports whether c is a letter or a digit of ASCII.
func IsAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isWord(c byte) bool      { return IsAlphanumeric(c) || c == '_' }
func isBase64URL(c byte) bool { return isWord(c) || c == '-' }
func isBase64(c byte) bool    { return IsAlphanumeric(c) || c == '+' || c == '/' }
func isBase32(c byte) bool    { return 'A' <= c && c <= 'Z' || '2' <= c && c <= '7' }
