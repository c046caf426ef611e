package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// linesOf returns an entry as people know it from its file, an entry of JSON on one line: the hooks of a client would
// fill two screens. Nothing else of the file is ever shown: the file may hold secrets.
func linesOf(f format, e entry) Lines {
	if _, ok := f.(tomlFormat); ok {
		lines := Lines{Text: e.tomlLines()}
		if len(lines.Text) == 1 {
			lines.In = strings.Join(e.Path[:len(e.Path)-1], ".")
		}
		return lines
	}
	text, path := bytes.Buffer{}, e.Path
	if !e.Element {
		path = path[:len(path)-1]
		text.Write(encode(e.Path[len(path)]))
		text.WriteString(": ")
	}
	if err := json.Compact(&text, e.Value); err != nil { // a kept value is indented
		text.Write(e.Value)
	}
	return Lines{In: strings.Join(path, "."), Text: []string{text.String()}}
}

// secret is a key, or the code of an invite in an address.
var secret = regexp.MustCompile(`\b(pk_[0-9a-z]{8})[0-9a-z]{26}\b|(/i/)[0-9a-z]{27}\b`)

// shown returns the lines without secrets.
func (l Lines) shown() []string {
	text := make([]string, len(l.Text))
	for i, line := range l.Text {
		text[i] = secret.ReplaceAllString(line, "$1$2…")
	}
	return text
}

// MarshalJSON leaves the secrets out.
func (l Lines) MarshalJSON() ([]byte, error) {
	type plain Lines // plain has no methods
	return json.Marshal(plain{l.In, l.shown()})
}

// where names the place of the lines.
func (l Lines) where() string {
	if l.In == "" {
		return "a table of its own"
	}
	return l.In
}

// WriteTo writes the change as a short diff.
func (c Change) WriteTo(w io.Writer) (int64, error) {
	var out strings.Builder
	write := func(sign string, all []Lines) {
		in := ""
		for _, lines := range all {
			if lines.In != in && lines.In != "" {
				fmt.Fprintf(&out, "  in %s\n", lines.In)
			}
			in = lines.In
			for _, line := range lines.shown() {
				fmt.Fprintf(&out, "%s %s\n", sign, line)
			}
		}
	}
	fmt.Fprintln(&out, c.File)
	write("-", c.Removed)
	write("+", c.Added)
	for _, path := range c.Left {
		fmt.Fprintf(&out, "  %s has changed since parley connect wrote it, and is kept\n", path)
	}
	n, err := io.WriteString(w, out.String())
	return int64(n), err
}
