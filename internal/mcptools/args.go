package mcptools

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// arg is one argument of a tool. The schema that clients see and the reader of
// the argument are both made from it, so that they cannot differ.
type arg struct {
	name     string
	about    string // for the model: what the schema does not say
	form     form
	min, max int64    // of an integer; noLimit for none
	among    []string // of a text: what it may be; none: anything
	needed   bool     // the call is refused without it
	clamps   bool     // an integer over max is read as max
	fallback any      // what is put when the argument is absent; nil: nothing is

	put func(v any) // takes a string, an int64, a bool or a []string, by form
}

// form is what an argument's value is, in the words of JSON Schema.
type form string

const (
	textForm    form = "string"
	integerForm form = "integer"
	flagForm    form = "boolean"
	listForm    form = "array" // of texts
)

// noLimit is as far as integers are exact in every client's JSON (RFC 8259,
// section 6).
const noLimit = 1 << 53

// text is an argument of any text but the empty one, which counts as absent.
func text(name string, to *string, about string) arg {
	return arg{name: name, about: about, form: textForm, put: func(v any) { *to = v.(string) }}
}

// choice is a text that is one of a few, in any case.
func choice[S ~string](name string, to *S, about string, among ...S) arg {
	a := arg{name: name, about: about, form: textForm, put: func(v any) { *to = S(v.(string)) }}
	for _, s := range among {
		a.among = append(a.among, string(s))
	}
	return a
}

// integer is a whole number from min to max.
func integer[N int | int64](name string, to *N, min, max int64, about string) arg {
	return arg{
		name: name, about: about, form: integerForm, min: min, max: max,
		put: func(v any) { *to = N(v.(int64)) },
	}
}

// span is a whole number of units of time, from min to max.
func span(name string, to *time.Duration, unit, min, max time.Duration, about string) arg {
	return arg{
		name: name, about: about, form: integerForm, min: int64(min / unit), max: int64(max / unit),
		put: func(v any) { *to = time.Duration(v.(int64)) * unit },
	}
}

// yesNo is true or false.
func yesNo(name string, put func(bool), about string) arg {
	return arg{name: name, about: about, form: flagForm, put: func(v any) { put(v.(bool)) }}
}

// list is a list of texts, none of them blank. What is one text only is read as
// its parts between commas, so no text of the list may have a comma.
func list(name string, to *[]string, about string) arg {
	return arg{name: name, about: about, form: listForm, put: func(v any) { *to = v.([]string) }}
}

// must makes the argument a needed one.
func (a arg) must() arg {
	a.needed = true
	return a
}

// or says what is put when the argument is absent: a string, an int64 or a bool.
func (a arg) or(fallback any) arg {
	a.fallback = fallback
	return a
}

// atMost makes a number that is too great mean the greatest: whoever asks for
// more than there can be asks for all there is.
func (a arg) atMost() arg {
	a.clamps = true
	return a
}

// want says in words what the argument must be.
func (a arg) want() string {
	switch {
	case a.form == flagForm:
		return "true or false"
	case a.form == integerForm && a.max == noLimit:
		return "a whole number from " + strconv.FormatInt(a.min, 10)
	case a.form == integerForm:
		return "a whole number from " + strconv.FormatInt(a.min, 10) + " to " + strconv.FormatInt(a.max, 10)
	case a.form == listForm:
		return "a list of texts"
	case len(a.among) > 0:
		return strings.Join(a.among, " or ")
	}
	return "text"
}

// read returns the value that v, as JSON has it, means for the argument; ok is
// false if it means none.
func (a arg) read(v any) (value any, ok bool) {
	switch a.form {
	case flagForm:
		return readFlag(v)
	case listForm:
		return readList(v)
	case integerForm:
		n, ok := readInteger(v)
		if a.clamps {
			n = min(n, a.max)
		}
		return n, ok && a.min <= n && n <= a.max
	}
	s, ok := readText(v)
	if !ok || len(a.among) == 0 {
		return s, ok
	}
	i := slices.IndexFunc(a.among, func(one string) bool { return strings.EqualFold(one, strings.TrimSpace(s)) })
	if i < 0 {
		return nil, false
	}
	return a.among[i], true
}
