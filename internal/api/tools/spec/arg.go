// Package spec declares the arguments and results of a tool. An [Arg] is bound to its variable: the schema for
// clients, the reader of a call and the reference of the tools are made from one table, and cannot differ.
package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api"
)

// Arg is one argument of a tool.
type Arg struct {
	Name     string
	About    string // for the model: what the schema does not say
	Required bool   // the call is refused without it
	Excused  bool   // of a required argument: the tool itself decides whether a call may lack the argument
	Clamped  bool   // an integer over the maximum counts as the maximum
	Hidden   bool   // no model needs the argument: only the refusal of another spelling names it
	Fallback any    // the value of an absent argument; nil: none
	Emptied  bool   // of a list: an empty list counts as given
	Instead  string // the call in place of this tool, named if the argument is missing or wrong

	whole    bool // of a text: see Whole
	kind     kind
	min, max int64    // of an integer; NoLimit: no maximum, -NoLimit: no minimum
	choices  []string // of a text; none: any text
	fields   []Arg    // of an object, or of each object of a list; none: a list of texts
	aliases  []string // see Also

	put  func(v any)                         // takes a string, an int64, a bool or a []string, by kind
	fill func([][]entry) (problems []string) // in place of put, for the members of each object of a list
}

// kind is the type of an argument's value, in the words of JSON Schema.
type kind string

const (
	textKind    kind = "string"
	integerKind kind = "integer"
	booleanKind kind = "boolean"
	bytesKind   kind = "bytes" // a string
	objectKind  kind = "object"
	listKind    kind = "array" // of texts or, if the argument has fields, of objects
)

// NoLimit is the greatest integer that is exact in every client's JSON (RFC 8259,
// section 6).
const NoLimit = 1 << 53

// Text is any text. The empty text counts as absent.
func Text(name string, to *string, about string) Arg {
	return Arg{Name: name, About: about, kind: textKind, put: func(v any) { *to = v.(string) }}
}

// Whole has a text keep a byte order mark, which goes from all others: it is the content of a file.
func (a Arg) Whole() Arg {
	a.whole = true
	return a
}

// Code is a text of this server, such as a token or a cursor. Space around the code does not matter. Of a text that
// is too long for a code, only the beginning is taken: a call may keep the code while it waits.
func Code(name string, to *string, about string) Arg {
	return Arg{Name: name, About: about, kind: textKind, put: func(v any) {
		given := v.(string)
		code := strings.TrimSpace(given)
		code = code[:min(len(code), api.MaxCode)]
		if len(code) < len(given) {
			code = strings.Clone(code) // else code would keep all of given in memory
		}
		*to = code
	}}
}

// Choice is one of a few texts. Case does not matter.
func Choice[S ~string](name string, to *S, about string, choices ...S) Arg {
	a := Arg{Name: name, About: about, kind: textKind, put: func(v any) { *to = S(v.(string)) }}
	for _, c := range choices {
		a.choices = append(a.choices, string(c))
	}
	return a
}

// Integer is a whole number from min to max.
func Integer[N int | int64](name string, to *N, min, max int64, about string) Arg {
	return Arg{
		Name: name, About: about, kind: integerKind, min: min, max: max,
		put: func(v any) { *to = N(v.(int64)) },
	}
}

// Duration is a whole number of units of time, from min to max.
func Duration(name string, to *time.Duration, unit, min, max time.Duration, about string) Arg {
	return Arg{
		Name: name, About: about, kind: integerKind, min: int64(min / unit), max: int64(max / unit),
		put: func(v any) { *to = time.Duration(v.(int64)) * unit },
	}
}

// Boolean is true or false.
func Boolean(name string, put func(bool), about string) Arg {
	return Arg{Name: name, About: about, kind: booleanKind, put: func(v any) { put(v.(bool)) }}
}

// List is a list of texts, none of them blank. A single text counts as its parts
// between commas, so a text in the list may not contain a comma.
func List(name string, to *[]string, about string) Arg {
	return Arg{Name: name, About: about, kind: listKind, put: func(v any) { *to = v.([]string) }}
}

// Objects is a list of objects with these fields, each bound to its field of one. A text in the list stands for an
// object with only the first field. A single object or text counts as a list.
func Objects[T any](name string, to *[]T, about string, fields func(one *T) []Arg) Arg {
	return Arg{
		Name: name, About: about, kind: listKind, fields: fields(new(T)),
		fill: func(list [][]entry) (problems []string) {
			*to = make([]T, len(list))
			for i, members := range list {
				has := fields(&(*to)[i])
				for _, p := range readMembers(has, members) {
					p = strings.Replace(p, "is not an argument", "is not one of "+names(has), 1)
					problems = append(problems, fmt.Sprintf("number %d of %s: %s", i+1, name, p))
				}
			}
			return problems
		},
	}
}

// Object is an object with these fields, each bound to its field of one. *to stays nil if the object is absent. Other
// fields are ignored, because a client fills the object.
func Object[T any](name string, to **T, about string, fields func(one *T) []Arg) Arg {
	return Arg{
		Name: name, About: about, kind: objectKind, fields: fields(new(T)),
		fill: func(list [][]entry) (problems []string) {
			if len(list) != 1 {
				return []string{name + " must be one object"}
			}
			*to = new(T)
			has := fields(*to)
			known := slices.DeleteFunc(list[0], func(m entry) bool {
				return !slices.ContainsFunc(has, func(a Arg) bool { return a.Name == m.key })
			})
			for _, p := range readMembers(has, known) {
				problems = append(problems, name+": "+p)
			}
			return problems
		},
	}
}

// Bytes are bytes as a text in base64 (RFC 4648), with padding or without.
func Bytes(name string, to *[]byte, about string) Arg {
	return Arg{Name: name, About: about, kind: bytesKind, put: func(v any) { *to = v.([]byte) }}
}

// Require makes the argument a required one.
func (a Arg) Require() Arg {
	a.Required = true
	return a
}

// RequireOr makes the argument required in schemas only. Another argument may stand for it: the tool says if it is
// missing.
func (a Arg) RequireOr() Arg {
	a.Required, a.Excused = true, true
	return a
}

// OrCall sets the call in place of this tool. If the argument is missing or wrong, the refusal names that call in
// parentheses.
func (a Arg) OrCall(instead string) Arg {
	a.Instead = " (" + instead + ")"
	return a
}

// Also gives the argument other names, even if other tools use these names for another argument.
func (a Arg) Also(names ...string) Arg {
	a.aliases = names
	return a
}

// Hide leaves the argument out of what models read.
func (a Arg) Hide() Arg {
	a.Hidden = true
	return a
}

// OrEmpty makes an empty list count as given. Otherwise it counts as absent: many clients send empty lists for absent
// arguments.
func (a Arg) OrEmpty() Arg {
	a.Emptied = true
	return a
}

// Default sets the value of an absent argument: a string, an int64 or a bool.
func (a Arg) Default(fallback any) Arg {
	a.Fallback = fallback
	return a
}

// Clamp makes an integer over the maximum count as the maximum. A caller that asks for more than the maximum asks for
// everything.
func (a Arg) Clamp() Arg {
	a.Clamped = true
	return a
}

// Then makes Read call given after Read has filled the argument's variable, if the call has the argument. So 0 and an
// absent argument differ.
func (a Arg) Then(given func()) Arg {
	put := a.put
	a.put = func(v any) { put(v); given() }
	return a
}

// Want says in words what the argument must be.
func (a Arg) Want() string {
	switch {
	case a.kind == booleanKind:
		return "true or false"
	case a.kind == integerKind && a.min == -NoLimit && a.max == NoLimit:
		return "a whole number"
	case a.kind == integerKind && a.max == NoLimit:
		return "a whole number from " + strconv.FormatInt(a.min, 10)
	case a.kind == integerKind:
		return "a whole number from " + strconv.FormatInt(a.min, 10) + " to " + strconv.FormatInt(a.max, 10)
	case a.kind == bytesKind:
		return "bytes in base64"
	case a.kind == objectKind:
		return "an object with " + names(a.fields)
	case len(a.fields) > 0:
		return "a list of objects with " + names(a.fields)
	case a.kind == listKind:
		return "a list of texts"
	case len(a.choices) > 0:
		return strings.Join(a.choices, " or ")
	}
	return "text"
}

// read returns what the JSON value v means for the argument. ok is false if v means nothing.
func (a *Arg) read(v value) (meant any, ok bool) {
	switch a.kind {
	case booleanKind:
		return readBoolean(v)
	case listKind:
		list, ok := readList(v)
		return list, ok || a.Emptied && list != nil
	case bytesKind:
		return readBytes(v)
	case integerKind:
		n, ok := readInteger(v)
		if a.Clamped {
			n = min(n, a.max)
		}
		return n, ok && a.min <= n && n <= a.max
	}
	s, ok := readText(v)
	if a.whole {
		s, ok = readWhole(v)
	}
	if !ok || len(a.choices) == 0 {
		return s, ok
	}
	i := slices.IndexFunc(a.choices, func(c string) bool { return strings.EqualFold(c, strings.TrimSpace(s)) })
	if i < 0 {
		return nil, false
	}
	return a.choices[i], true
}
