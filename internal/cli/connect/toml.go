package connect

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// tomlFormat edits TOML by whole lines: it adds a table at the end, and a key below the header of its table. tomlFormat
// knows little of TOML, so the caller parses the file before and after and compares.
type tomlFormat struct{}

func (tomlFormat) decode(text []byte) (map[string]any, error) {
	doc := map[string]any{}
	err := toml.Unmarshal(text, &doc)
	var where *toml.DecodeError
	if errors.As(err, &where) {
		line, _ := where.Position()
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	return doc, err
}

func (tomlFormat) add(text []byte, e entry) ([]insertion, int, error) {
	nl := newline(text)
	lines := strings.Join(e.tomlLines(), nl) + nl
	if table, ok := e.decoded().(map[string]any); ok && len(table) > 0 {
		switch {
		case len(text) == 0:
		case bytes.HasSuffix(text, []byte("\n")):
			lines = nl + lines
		default:
			lines = nl + nl + lines
		}
		return []insertion{{len(text), lines}}, 0, nil
	}
	header := headerLine(text, e.Path[:len(e.Path)-1])
	if header == nil {
		return nil, 0, fmt.Errorf("it has no line [%s]", strings.Join(e.Path[:len(e.Path)-1], "."))
	}
	if !bytes.HasSuffix(text[:header[1]], []byte("\n")) {
		return []insertion{{header[1], nl + strings.TrimSuffix(lines, nl)}}, 0, nil
	}
	return []insertion{{header[1], lines}}, 0, nil
}

// tomlLines returns the lines of an entry: a table with texts, or a key with a text.
func (e entry) tomlLines() []string {
	last := e.Path[len(e.Path)-1]
	table, ok := e.decoded().(map[string]any)
	if !ok {
		return []string{last + " = " + inline(e.decoded())}
	}
	lines := []string{"[" + strings.Join(e.Path, ".") + "]"}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		lines = append(lines, key+" = "+inline(table[key]))
	}
	return lines
}

// inline returns a value on one line: a JSON string is a TOML string.
func inline(v any) string {
	table, ok := v.(map[string]any)
	if !ok {
		return string(encode(v))
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(table)) {
		pairs = append(pairs, key+" = "+inline(table[key]))
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

// headerLine returns the offsets of the line with a table's header, with the line's end; nil if there is none.
func headerLine(text []byte, path []string) []int {
	var keys []string
	for _, key := range path {
		keys = append(keys, `["']?`+regexp.QuoteMeta(key)+`["']?`)
	}
	name := strings.Join(keys, `[ \t]*\.[ \t]*`)
	header := regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*` + name + `[ \t]*\][ \t]*(#.*)?(\n|\r\n|$)`)
	return header.FindIndex(text)
}

// remove removes the lines of an entry, and the empty line before a table.
func (tomlFormat) remove(text []byte, e entry) ([]byte, error) {
	want := e.tomlLines()
	header := headerLine(text, e.Path)
	if len(want) == 1 {
		header = headerLine(text, e.Path[:len(e.Path)-1])
	}
	if header == nil {
		return nil, errMoved
	}
	before, after := text[:header[0]], text[header[0]:]
	var kept [][]byte
	for line := range bytes.Lines(after) {
		at := slices.Index(want, strings.TrimSpace(string(line)))
		if at < 0 {
			kept = append(kept, line)
			continue
		}
		want = slices.Delete(want, at, at+1)
	}
	if len(want) > 0 {
		return nil, errMoved
	}
	rest := bytes.Join(kept, nil)
	if _, ok := e.decoded().(map[string]any); ok {
		before = trimBlankLine(before)
	}
	return slices.Concat(before, rest), nil
}

// trimBlankLine removes one empty line at the end.
func trimBlankLine(text []byte) []byte {
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if bytes.HasSuffix(text, []byte(blank)) {
			return text[:len(text)-len(blank)/2]
		}
	}
	return text
}
