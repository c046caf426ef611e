package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// linesOf returns an entry as people know it from its file. Nothing else of the file is
// ever shown: it may hold secrets.
func linesOf(f format, e entry) Lines {
	if _, ok := f.(tomlFormat); ok {
		lines := Lines{Text: tomlLines(e)}
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
	if err := json.Indent(&text, e.Value, "", "  "); err != nil {
		text.Write(e.Value)
	}
	return Lines{In: strings.Join(path, "."), Text: strings.Split(text.String(), "\n")}
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
		for _, lines := range all {
			if lines.In != "" {
				fmt.Fprintf(&out, "  in %s\n", lines.In)
			}
			for _, line := range lines.Text {
				fmt.Fprintf(&out, "%s %s\n", sign, line)
			}
		}
	}
	fmt.Fprintln(&out, c.File)
	write("-", c.Removed)
	write("+", c.Added)
	for _, path := range c.Left {
		fmt.Fprintf(&out, "  %s has changed since parley connect wrote it, and stays\n", path)
	}
	n, err := io.WriteString(w, out.String())
	return int64(n), err
}
