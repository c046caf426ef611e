package shell

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/parley-chat/parley/internal/client"
)

// Output is what a command prints.
type Output struct {
	Screen *Screen   // standard output
	Notes  io.Writer // standard error, for what a person is told beside the output
	JSON   bool      // results are printed as the server wrote them, one per line
}

// note tells the person something beside the output.
func (o *Output) note(format string, args ...any) {
	_, _ = fmt.Fprintln(o.Notes, "parley:", HarmlessLine(fmt.Sprintf(format, args...))) // the command goes on without it
}

// print writes a line.
func (o *Output) print(format string, args ...any) error {
	_, err := fmt.Fprintln(o.Screen.Out, Harmless(fmt.Sprintf(format, args...)))
	return err
}

// result prints a result as JSON, without the secrets of the seat.
func (o *Output) result(r result) error {
	delete(r, "agent_token")
	delete(r, "watch")
	return o.line(r)
}

// line prints a result as a line of JSON.
func (o *Output) line(r result) error {
	line, err := r.json()
	if err == nil {
		_, err = io.WriteString(o.Screen.Out, line)
	}
	return err
}

// messages prints those of a result or, as JSON, all of it.
func (o *Output) messages(r result, list []client.Message) error {
	if !o.JSON {
		return o.Screen.Show(list...)
	}
	return o.result(r)
}

// one prints a message of its own.
func (o *Output) one(e entry) error {
	if o.JSON {
		return o.result(e.fields)
	}
	return o.Screen.Show(e.Message)
}

// table prints rows of cells that others may have written.
func (o *Output) table(rows [][]string) error {
	w := tabwriter.NewWriter(o.Screen.Out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = HarmlessLine(row[i])
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t ")); err != nil {
			return err
		}
	}
	return w.Flush()
}
