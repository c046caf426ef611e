package shell

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/sanitize"
)

// Output is what a command prints. It makes harmless what others may have written, whatever
// command prints it: see [Harmless]. After the first error of a write it prints nothing more.
type Output struct {
	Screen *Screen   // standard output
	Notes  io.Writer // standard error, for what a person is told beside the output
	// Progress says that Notes are a terminal, which is told how far a transfer is.
	Progress bool
	JSON     bool // results are printed as the server wrote them, one per line
}

// note tells the person something beside the output.
func (o *Output) note(format string, args ...any) {
	_, _ = fmt.Fprintln(o.Notes, "parley:", sentence(format, args...)) // the command goes on without it
}

// show prints what a call gave: as JSON, without the secrets of the seat, or as draw shows it
// to a person.
func (o *Output) show(r result, draw func()) error {
	if o.JSON {
		delete(r, "agent_token")
		delete(r, "watch")
		o.Screen.write(r.json())
	} else {
		draw()
	}
	return o.Screen.err
}

// messages shows those of a result.
func (o *Output) messages(r result, list ...client.Message) error {
	return o.show(r, func() { o.Screen.Show(list...) })
}

// print writes a line.
func (o *Output) print(format string, args ...any) {
	o.Screen.write(sentence(format, args...) + "\n")
}

// table prints rows of cells.
func (o *Output) table(rows [][]string) {
	w := tabwriter.NewWriter(writer(o.Screen.write), 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = HarmlessLine(row[i])
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t ")) // the screen keeps the error
	}
	_ = w.Flush()
}

// writer is a function that writes, and never fails.
type writer func(text string)

func (w writer) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

// lines is an argument of sentence that may have line breaks.
type lines string

// sentence formats what is printed. Each argument stays on its line.
func sentence(format string, args ...any) string {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = HarmlessLine(a)
		case error:
			args[i] = HarmlessLine(a.Error())
		case fmt.Stringer:
			args[i] = HarmlessLine(a.String())
		}
	}
	return Harmless(fmt.Sprintf(format, args...))
}

// Harmless returns text as a terminal may show it. A visible escape such as \x1b replaces every
// character that could act on the terminal, change the order of others or hide. Line breaks and
// tabs stay.
func Harmless(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return sanitize.Escape(text, "\n\t")
}

// HarmlessLine is Harmless for what belongs on one line, such as a name.
func HarmlessLine(text string) string { return sanitize.Escape(text, "") }
