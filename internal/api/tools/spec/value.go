package spec

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// The readers of this file accept values as models write them: a number may be spelled as a text, and a text as a
// number. The readers refuse what could mean two things.

// entry is a member of the arguments of a call.
type entry struct {
	key      string
	argument string // for which key stands
	value    value
}

// value is a JSON value as written, without space around.
type value []byte

// readObject returns the members of the arguments of a call by their keys, in alphabetical
// order. No arguments are an empty object. If a key occurs twice, the last value counts, as
// in encoding/json. problem says what is wrong, or is "".
func readObject(raw []byte, into []entry) (members []entry, problem string) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, ""
	case !utf8.Valid(raw):
		return nil, "the arguments are not valid UTF-8"
	case raw[0] != '{' || !json.Valid(raw):
		return nil, "the arguments must be one JSON object"
	}
	for at := skipSpace(raw, 1); raw[at] != '}'; {
		end := skipValue(raw, at)
		key, _ := readWhole(raw[at:end])
		at = skipSpace(raw, skipSpace(raw, end)+1) // the colon
		end = skipValue(raw, at)
		into = append(into, entry{key: key, value: raw[at:end]})
		at = skipSpace(raw, end)
		if raw[at] == ',' {
			at = skipSpace(raw, at+1)
		}
	}
	slices.SortStableFunc(into, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, m := range into {
		if n := len(members); n > 0 && members[n-1].key == m.key {
			members = members[:n-1]
		}
		members = append(into[:len(members)], m)
	}
	return members, ""
}

// skipSpace returns the end of the white space at a place in valid JSON.
func skipSpace(text []byte, at int) int {
	for text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n' {
		at++
	}
	return at
}

// skipValue returns the end of the value at a place in valid JSON, inside of an object.
func skipValue(text []byte, at int) int {
	for depth := 0; ; at++ {
		switch text[at] {
		case '"':
			for at++; text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			return at + bytes.IndexAny(text[at:], ",}] \t\r\n")
		}
		if depth == 0 {
			return at + 1
		}
	}
}

// decoded returns v as encoding/json reads it.
func (v value) decoded() (x any) {
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber() // an integer over 2^53 must not be rounded
	_ = d.Decode(&x)
	return x
}

// absent reports whether v means that the argument is not given.
func absent(v value) bool {
	switch v[0] {
	case 'n':
		return true
	case '"':
		if len(v) > len(`"\ufeff"`) {
			return false
		}
		text, _ := readText(v)
		return text == ""
	case '[':
		return v[skipSpace(v, 1)] == ']'
	}
	return false
}

// readText is readWhole without a byte order mark, with which some programs begin what they write.
func readText(v value) (string, bool) {
	s, ok := readWhole(v)
	return strings.TrimPrefix(s, sanitize.ByteOrderMark), ok
}

// readWhole accepts a text, or a number for its digits: a room or a password may be a number.
func readWhole(v value) (string, bool) {
	switch {
	case v[0] != '"':
		return string(v), v[0] == '-' || '0' <= v[0] && v[0] <= '9'
	case bytes.IndexByte(v, '\\') < 0:
		return string(v[1 : len(v)-1]), true
	}
	var s string
	_ = json.Unmarshal(v, &s) // json.Valid has accepted it
	return s, true
}

// readList accepts a list of texts, also spelled as a text: "Bob", "Bob, Cy" or "[\"Bob\"]". It refuses an empty list
// and, with a nil list, a list with a blank text, which would mean less than the caller intended.
func readList(v value) ([]string, bool) {
	var given []any
	switch x := v.decoded().(type) {
	case string:
		x = strings.TrimPrefix(x, sanitize.ByteOrderMark)
		if json.Unmarshal([]byte(x), &given) != nil {
			for part := range strings.SplitSeq(x, ",") {
				given = append(given, part)
			}
		}
	case []any:
		given = x
	default:
		given = []any{x}
	}
	texts := make([]string, len(given))
	for i, one := range given {
		switch one := one.(type) {
		case string:
			texts[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(one), sanitize.ByteOrderMark))
		case json.Number:
			texts[i] = one.String()
		}
		if texts[i] == "" {
			return nil, false
		}
	}
	return texts, len(texts) > 0
}

// readObjects accepts a list of objects, and returns the members of each: see [Objects]. A text may also spell an
// object or the whole list. Any other text is the value of the field first.
func readObjects(v value, first string) (list [][]entry, ok bool) {
	given := []json.RawMessage{json.RawMessage(v)}
	if v[0] == '[' {
		_ = json.Unmarshal(v, &given) // json.Valid has accepted it
	}
	for _, one := range given {
		members, ok := readOne(value(bytes.TrimSpace(one)), first)
		if !ok {
			return nil, false
		}
		list = append(list, members...)
	}
	return list, true
}

// readOne accepts an element of a list of objects.
func readOne(v value, first string) (list [][]entry, ok bool) {
	switch v[0] {
	case '{':
		members, _ := readObject(v, nil)
		return [][]entry{members}, true
	case '"':
		text, _ := readText(v)
		text = strings.TrimSpace(text)
		if spelled := text != "" && (text[0] == '{' || text[0] == '['); spelled && json.Valid([]byte(text)) {
			return readObjects(value(text), first)
		}
		return [][]entry{{{key: first, value: v}}}, text != ""
	}
	return nil, false
}

// readBytes accepts bytes in either alphabet of base64, also as a data URL and with line breaks.
func readBytes(v value) ([]byte, bool) {
	s, ok := readText(v)
	if strings.HasPrefix(s, "data:") {
		_, s, _ = strings.Cut(s, ",")
	}
	s = strings.NewReplacer("\n", "", "\r", "", "-", "+", "_", "/").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return b, ok && err == nil
}

func readBoolean(v value) (is, ok bool) {
	s, text := readText(v) // else true or false without quotes
	if text {
		s = strings.ToLower(strings.TrimSpace(s))
	}
	return s == "true", s == "true" || s == "false"
}

// readInteger accepts a whole number, also as 50.0, 5e1 or "50".
func readInteger(v value) (int64, bool) {
	literal, ok := readText(v)
	literal = strings.TrimSpace(literal)
	if !ok || !isNumber(literal) {
		return 0, false
	}
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n, true
	}
	f, _ := strconv.ParseFloat(literal, 64) // a range error, the only possible error, gives an infinity
	switch {
	case f > NoLimit:
		return math.MaxInt64, true
	case f < -NoLimit:
		return math.MinInt64, true
	}
	return int64(f), f == math.Trunc(f)
}

// isNumber reports whether s is a number as JSON writes it. It excludes the
// hexadecimals, infinities and underscores that strconv accepts.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
}
