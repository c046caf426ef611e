package room

import (
	"iter"
	"regexp"
	"strings"
	"sync"
)

// Credential says what well-known kind of credential a text seems to hold, such as "a
// GitHub token"; "" if none. It looks at each character a few times at most. The forms
// are those that gitleaks looks for.
func Credential(text string) string {
	for start, end := range runs(text, isBase64URL, leastToken) {
		if kind := kindOf(text[start:end]); kind != "" {
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
	awsName    = 48 // and how far before it its name may begin
)

// awsNames matches the name of a secret of AWS and what stands before its value. Without
// the name it would be any text of its length.
var awsNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?i)secret[_ -]?(?:access[_ -]?)?key[\"'`]?[\\s:=>,\"'`]{1,8}$")
})

// token is a form: its first characters, and what follows them up to the first character
// that is not in the alphabet.
type token struct {
	kind, prefix string
	alphabet     func(c byte) bool
	least, most  int    // characters that follow
	holds        string // among them
}

var tokens = sync.OnceValue(func() []token {
	const long = MaxText
	all := []token{
		{"a GitHub token", "github_pat_", isWord, 82, long, ""},
		{"an Anthropic key", "sk-ant-", isBase64URL, 50, long, ""},
		{"an OpenAI key", "sk-", isBase64URL, 48, long, "T3BlbkFJ"},
	}
	for _, prefix := range []string{"AKIA", "ASIA", "ABIA", "ACCA"} {
		all = append(all, token{"an AWS access key", prefix, isBase32, 16, 16, ""})
	}
	for _, prefix := range []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"} {
		all = append(all, token{"a GitHub token", prefix, isAlphanumeric, 36, long, ""})
	}
	return all
})

// kindOf returns the kind of the token that a run of letters, digits, - and _ holds.
func kindOf(run string) string {
	for _, t := range tokens() {
		i := strings.Index(run, t.prefix)
		if i < 0 || i > 0 && isAlphanumeric(run[i-1]) {
			continue
		}
		rest := run[i+len(t.prefix):]
		n := 0
		for n < len(rest) && t.alphabet(rest[n]) {
			n++
		}
		ends := n == len(rest) || !isAlphanumeric(rest[n])
		if ends && t.least <= n && n <= t.most && strings.Contains(rest[:n], t.holds) && !isPlaceholder(rest[:n]) {
			return t.kind
		}
	}
	return ""
}

// holdsPrivateKey reports whether text has a private key in PEM (RFC 7468) or the armor
// of OpenPGP: its first line, and soon a line of base64. The line alone is only a word.
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

// isPlaceholder reports whether a secret is an example, such as those of Amazon's pages
// or a row of x. Of 16 random characters of an alphabet of 32, fewer than eight are
// different once in some 100,000 times.
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

// runs gives where each longest run of an alphabet begins and ends, if it has at least so
// many characters.
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

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isWord(c byte) bool      { return isAlphanumeric(c) || c == '_' }
func isBase64URL(c byte) bool { return isWord(c) || c == '-' }
func isBase64(c byte) bool    { return isAlphanumeric(c) || c == '+' || c == '/' }
func isBase32(c byte) bool    { return 'A' <= c && c <= 'Z' || '2' <= c && c <= '7' }
