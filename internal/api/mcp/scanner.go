package mcp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/base/sanitize"
)

// scanner walks once through a JSON text that json.Valid accepts. It makes the checks that json.Valid does not make,
// and picks members of objects out of the text.
type scanner struct {
	text  []byte
	at    int // the byte to read next
	parts int // commas so far
}

// members returns where the value of a key goes and, if the value is an object, where its members go; nil: nowhere.
// An object with members belongs to the envelope: see keys.
type members func(key string) (value *json.RawMessage, inner members)

// value moves past a value inside of depth objects and arrays.
func (s *scanner) value(depth int, m members) *Refusal {
	s.space()
	switch s.text[s.at] {
	case '{', '[':
		depth++
		if depth > api.MaxDepth {
			return invalid("The body is nested more than %d deep.", api.MaxDepth)
		}
		if s.text[s.at] == '{' {
			return s.object(depth, m)
		}
		return s.array(depth, m)
	case '"':
		_, refused := s.literal()
		return refused
	}
	if end := bytes.IndexAny(s.text[s.at:], ",]} \t\r\n"); end >= 0 {
		s.at += end
	} else {
		s.at = len(s.text)
	}
	return nil
}

// array moves past an array. In the envelope, objects in an array have a fixed form.
func (s *scanner) array(depth int, m members) *Refusal {
	if m != nil {
		m = fixed
	}
	for s.at++; s.space() != ']'; {
		if refused := s.value(depth, m); refused != nil {
			return refused
		}
		if refused := s.comma(); refused != nil {
			return refused
		}
	}
	s.at++
	return nil
}

// object moves past an object. It refuses a key that occurs twice for encoding/json, even in another spelling. In the
// envelope it refuses every other spelling of a key in keys.
func (s *scanner) object(depth int, m members) *Refusal {
	seen := map[string]bool{}
	for s.at++; s.space() != '}'; {
		literal, refused := s.literal()
		if refused != nil {
			return refused
		}
		key := unquote(literal)
		name := fold(key)
		if seen[name] {
			return invalid("The key %s occurs twice in one object.", sanitize.Quote(key))
		}
		seen[name] = true
		if right := keys[name]; m != nil && right != "" && right != key {
			return invalid("Write the key %s as %q, letter by letter. Nothing was done.", sanitize.Quote(key), right)
		}
		s.space()
		s.at++ // the colon
		if refused := s.member(depth, key, m); refused != nil {
			return refused
		}
		if refused := s.comma(); refused != nil {
			return refused
		}
	}
	s.at++
	return nil
}

// member moves past the value of a key, and puts the value where m says.
func (s *scanner) member(depth int, key string, m members) *Refusal {
	var into *json.RawMessage
	var inner members
	if m != nil {
		into, inner = m(key)
	}
	s.space()
	from := s.at
	if refused := s.value(depth, inner); refused != nil {
		return refused
	}
	if into != nil {
		*into = s.text[from:s.at]
	}
	return nil
}

// space moves past white space and returns the byte that follows.
func (s *scanner) space() byte {
	for {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
}

// comma moves past the comma after a member or an element, if there is one.
func (s *scanner) comma() *Refusal {
	if s.space() != ',' {
		return nil
	}
	s.at++
	s.parts++
	if s.parts >= api.MaxParts {
		return invalid("The body has more than %d keys and elements.", api.MaxParts)
	}
	return nil
}

// literal moves past a string and returns it with its quotes.
func (s *scanner) literal() ([]byte, *Refusal) {
	from, escaped := s.at, false
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	literal := s.text[from:s.at]
	if escaped && loneSurrogate(literal) {
		return nil,
			&Refusal{CodeParse,
				`The body has a \u escape that is half of a character: \ud800 to \udfff come in pairs only.`}
	}
	return literal, nil
}

// unquote returns what a JSON string stands for.
func unquote(literal []byte) string {
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1])
	}
	var s string
	_ = json.Unmarshal(literal, &s) // json.Valid has accepted it
	return s
}

// fold maps all spellings of a name that encoding/json does not distinguish to one spelling. strings.ToLower also
// maps the Kelvin sign to "k", but leaves the long "s".
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), "\u017f", "s") }

// loneSurrogate reports whether a JSON string has an escape for half of a character
// without the other half.
func loneSurrogate(literal []byte) bool {
	for {
		at := bytes.IndexByte(literal, '\\')
		if at < 0 {
			return false
		}
		unit, ok := escapedUnit(literal[at:])
		if !ok {
			literal = literal[at+2:]
			continue
		}
		literal = literal[at+6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := escapedUnit(literal)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return true
		}
		literal = literal[6:]
	}
}

// escapedUnit returns the UTF-16 unit of the \u escape at the beginning of text; ok is false if there is none.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}
