package spec

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The readers of this file accept values as models write them: a number may be
// spelled as a text, and a text as a number. They refuse what could mean two things.

// readObject reads the arguments of a call. No arguments are an empty object. If a
// key occurs twice, the last value counts, as in encoding/json. problem says what is
// wrong, or is "".
func readObject(raw []byte) (object map[string]any, problem string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, ""
	}
	if !utf8.Valid(raw) {
		return nil, "the arguments are not valid UTF-8"
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // an integer over 2^53 must not be rounded
	if err := d.Decode(&object); err != nil {
		return nil, "the arguments must be one JSON object"
	}
	return object, ""
}

// absent reports whether v means that the argument is not given.
func absent(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// readText accepts a text, or a number for its digits: a room or a password may be
// one.
func readText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// readList accepts a list of texts, also spelled as a text: "Bob", "Bob, Cy" or
// "[\"Bob\"]". It refuses a list with a blank in it, which would mean less than the
// caller intended.
func readList(v any) ([]string, bool) {
	if s, ok := v.(string); ok {
		var spelled []any
		if json.Unmarshal([]byte(s), &spelled) != nil {
			for part := range strings.SplitSeq(s, ",") {
				spelled = append(spelled, part)
			}
		}
		v = spelled
	}
	given, ok := v.([]any)
	if !ok {
		given = []any{v}
	}
	texts := make([]string, len(given))
	for i, one := range given {
		s, ok := readText(one)
		if texts[i] = strings.TrimSpace(s); !ok || texts[i] == "" {
			return nil, false
		}
	}
	return texts, len(texts) > 0
}

func readBoolean(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// readInteger accepts a whole number, also as 50.0, 5e1 or "50".
func readInteger(v any) (int64, bool) {
	var literal string
	switch v := v.(type) {
	case json.Number:
		literal = v.String()
	case string:
		literal = strings.TrimSpace(v)
	default:
		return 0, false
	}
	if !isNumber(literal) {
		return 0, false
	}
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n, true
	}
	f, _ := strconv.ParseFloat(literal, 64) // the only error is one of range, which gives an infinity
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
