package connect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFormat edits JSON with comments and trailing commas, and leaves everything else as it is.
type jsonFormat struct{}

func (jsonFormat) decode(text []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	standard, err := hujson.Standardize(bytes.Clone(text)) // Standardize works in place
	if err != nil {
		return nil, err
	}
	v, err := decodeJSON(standard)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("it holds no object")
	}
	return object, nil
}

func (jsonFormat) add(text []byte, e entry) ([]insertion, int, error) {
	var pieces []insertion
	if len(bytes.TrimSpace(text)) == 0 {
		pieces = []insertion{{At: 0, Text: "{}\n"}}
		text = inserted(text, pieces)
	}
	root, err := hujson.Parse(text)
	if err != nil {
		return nil, 0, err
	}
	at, rest := descend(&root, e.Path)
	b, err := boxOf(at, text, &root)
	if err != nil {
		return nil, 0, fmt.Errorf("%s is neither an object nor a list",
			strings.Join(e.Path[:len(e.Path)-len(rest)], "."))
	}
	a, made := e.wrapped(rest)
	return append(pieces, b.append(a)...), made, nil
}

// descend follows the path as far as the path exists.
func descend(v *hujson.Value, path []string) (*hujson.Value, []string) {
	for len(path) > 0 {
		m := member(v, path[0])
		if m < 0 {
			break
		}
		v, path = &v.Value.(*hujson.Object).Members[m].Value, path[1:]
	}
	return v, path
}

// member returns the index of a key in an object; -1 if the object has no such key. Of two equal keys the last counts.
func member(v *hujson.Value, key string) int {
	object, ok := v.Value.(*hujson.Object)
	if !ok {
		return -1
	}
	for i, m := range slices.Backward(object.Members) {
		if name, ok := m.Name.Value.(hujson.Literal); ok && name.String() == key {
			return i
		}
	}
	return -1
}

// addition is a member of an object, or an element of a list; an element has no key.
type addition struct {
	key   string
	value json.RawMessage
}

// wrapped returns the addition where the path ends, and how many objects and lists the addition makes around the value.
func (e entry) wrapped(rest []string) (a addition, made int) {
	if len(rest) == 0 {
		return addition{value: e.Value}, 0
	}
	value := e.Value
	made = len(rest) - 1
	if e.Element {
		value, made = slices.Concat([]byte("["), value, []byte("]")), made+1
	}
	for _, key := range slices.Backward(rest[1:]) {
		value = slices.Concat([]byte("{"), encode(key), []byte(":"), value, []byte("}"))
	}
	return addition{rest[0], value}, made
}

// box is an object or a list in a text.
type box struct {
	text []byte
	end  int // the offset of the closing bracket
	// last is the offset after the last member; 0 without members.
	last     int
	trailing bool   // a comma follows the last member
	lines    bool   // each member has its own line
	indent   string // before a member
	unit     string // the indent of one level in the text
}

var errNoBox = errors.New("neither an object nor a list")

// boxOf describes an object or a list in the text; root is the whole text.
func boxOf(v *hujson.Value, text []byte, root *hujson.Value) (box, error) {
	b := box{text: text, end: v.EndOffset - 1, unit: "  "}
	if members := children(root); len(members) > 0 {
		space, lines := lineStart(text, members[0].first)
		b.lines = lines
		if lines && space != "" {
			b.unit = space
		}
	} else {
		b.lines = true
	}
	switch v.Value.(type) {
	case *hujson.Object, *hujson.Array:
	default:
		return b, errNoBox
	}
	members := children(v)
	if len(members) == 0 {
		outer, _ := lineStart(text, v.StartOffset)
		b.indent = outer + b.unit
		return b, nil
	}
	last := members[len(members)-1]
	b.last, b.trailing = last.end, last.comma
	b.indent, b.lines = lineStart(text, last.first)
	return b, nil
}

// child is a member of an object or an element of a list.
type child struct {
	first int  // the offset of the name or value
	end   int  // the offset after the value
	after int  // the offset after the extra behind the value, where a comma may be
	comma bool // a comma follows
}

func children(v *hujson.Value) []child {
	var all []child
	add := func(first int, value *hujson.Value) {
		all = append(all, child{first: first, end: value.EndOffset, after: value.EndOffset + len(value.AfterExtra),
			comma: true})
	}
	var last *hujson.Value
	switch v := v.Value.(type) {
	case *hujson.Object:
		for i := range v.Members {
			last = &v.Members[i].Value
			add(v.Members[i].Name.StartOffset, last)
		}
	case *hujson.Array:
		for i := range v.Elements {
			last = &v.Elements[i]
			add(last.StartOffset, last)
		}
	}
	if last != nil {
		all[len(all)-1].comma = last.AfterExtra != nil
	}
	return all
}

// lineStart returns the white space at the beginning of an offset's line. ok is false if other text stands before the
// offset on the line, or if the line is the first.
func lineStart(text []byte, offset int) (space string, ok bool) {
	begin := bytes.LastIndexByte(text[:offset], '\n') + 1
	line := text[begin:offset]
	trimmed := bytes.TrimLeft(line, " \t")
	return string(line[:len(line)-len(trimmed)]), len(trimmed) == 0 && begin > 0
}

// append returns the pieces that put a further member at the end.
func (b box) append(a addition) []insertion {
	body, at := b.layout(a), b.end
	if b.lines {
		body = newline(b.text) + b.indent + body
		// The white space before the bracket stays there, with the bracket's own line.
		kept := bytes.TrimRight(b.text[:b.end], " \t\r\n")
		if bytes.Contains(b.text[len(kept):b.end], []byte("\n")) {
			at = len(kept)
		} else {
			body += newline(b.text) + strings.TrimSuffix(b.indent, b.unit)
		}
	} else if b.last > 0 {
		body = " " + body
	}
	switch {
	case b.last == 0:
		return []insertion{{at, body}}
	case b.trailing:
		return []insertion{{at, body + ","}}
	}
	return []insertion{{b.last, ","}, {at + 1, body}}
}

// layout writes a member as the neighbors are written.
func (b box) layout(a addition) string {
	value := string(a.value)
	if b.lines {
		var out bytes.Buffer
		if json.Indent(&out, a.value, b.indent, b.unit) == nil { // this package made the value
			value = strings.ReplaceAll(out.String(), "\n", newline(b.text))
		}
	}
	if a.key == "" {
		return value
	}
	return string(encode(a.key)) + ": " + value
}

func (jsonFormat) remove(text []byte, e entry) ([]byte, error) {
	root, err := hujson.Parse(text)
	if err != nil {
		return nil, err
	}
	path := e.Path
	at, rest := descend(&root, path)
	switch {
	case len(rest) > 0:
		return nil, errMoved
	case e.Element:
		text, err = removeChild(text, at, place(at, e))
	default:
		path = path[:len(path)-1]
		text, err = removeMember(text, &root, e.Path)
	}
	for range e.Made {
		if err != nil || len(path) == 0 {
			break
		}
		text, err = removeEmpty(text, path)
		if err == nil {
			path = path[:len(path)-1]
		}
	}
	return text, err
}

// place returns the index of the entry's value in a list; -1 if the list does not have the value.
func place(list *hujson.Value, e entry) int {
	array, ok := list.Value.(*hujson.Array)
	if !ok {
		return -1
	}
	return slices.IndexFunc(array.Elements, func(v hujson.Value) bool {
		v = v.Clone()
		v.Standardize()
		got, err := decodeJSON(v.Pack())
		return err == nil && reflect.DeepEqual(got, e.decoded())
	})
}

// removeMember removes the value at the end of the path.
func removeMember(text []byte, root *hujson.Value, path []string) ([]byte, error) {
	object, _ := descend(root, path[:len(path)-1])
	return removeChild(text, object, member(object, path[len(path)-1]))
}

// removeEmpty removes an object or list of this program, unless the object or list holds anything, even a comment.
func removeEmpty(text []byte, path []string) ([]byte, error) {
	root, err := hujson.Parse(text)
	if err != nil {
		return nil, err
	}
	v, rest := descend(&root, path)
	if len(rest) > 0 || len(bytes.TrimSpace(text[v.StartOffset+1:v.EndOffset-1])) > 0 {
		return text, nil
	}
	return removeMember(text, &root, path)
}

// removeChild removes a member of an object or an element of a list, with its line and one comma. Comments around the
// child stay.
func removeChild(text []byte, v *hujson.Value, i int) ([]byte, error) {
	all := children(v)
	if i < 0 || i >= len(all) {
		return nil, errMoved
	}
	c := all[i]
	from := len(bytes.TrimRight(text[:c.first], " \t"))
	if from > 0 && text[from-1] == '\n' {
		from = len(bytes.TrimSuffix(text[:from-1], []byte("\r")))
	}
	to := c.end
	if c.comma {
		to = c.after + 1
	}
	if inner := slices.Concat(text[v.StartOffset+1:from], text[to:v.EndOffset-1]); len(all) == 1 &&
		len(bytes.TrimSpace(inner)) == 0 {
		from, to = v.StartOffset+1, v.EndOffset-1 // the brackets alone are left
	}
	out := slices.Delete(slices.Clone(text), from, to)
	if !c.comma && i > 0 {
		out = slices.Delete(out, all[i-1].after, all[i-1].after+1)
	}
	return out, nil
}
