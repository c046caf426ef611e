package mcptools

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The values of arguments are read as models write them: a number may come as a
// text that spells it, and a text as a number. What could mean two things is
// refused.

// readObject reads the arguments of a call. None at all is an empty object. Of a
// key that stands twice the last value counts, as encoding/json has it. problem
// says what is wrong, or is "".
func readObject(raw []byte) (object map[string]any, problem string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, ""
	}
	if !utf8.Valid(raw) {
		return nil, "the arguments are not valid UTF-8"
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // an integer over 2^53 must not be rounded to another
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

// readText takes a text, or a number for its digits: a room or a password may be
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

// readList takes a list of texts, also spelled as a text: "Bob", "Bob, Cy" or
// "[\"Bob\"]". A blank among them is refused: the list would mean less than was
// meant.
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

func readFlag(v any) (value, ok bool) {
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

// readInteger takes a whole number, also as 50.0, 5e1 or "50".
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
	f, _ := strconv.ParseFloat(literal, 64) // the error can only be of the range: infinity
	switch {
	case f > noLimit:
		return math.MaxInt64, true
	case f < -noLimit:
		return math.MinInt64, true
	}
	return int64(f), f == math.Trunc(f)
}

// isNumber reports whether s is a number as JSON writes it, which leaves out the
// hexadecimals, infinities and underscores that strconv knows.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
}
