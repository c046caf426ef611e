package shell

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// Output is what a command prints. For all commands, Output makes harmless what others may have written: see
// [Harmless]. After the first error of a write Output prints nothing more.
type Output struct {
	Screen *Screen   // standard output
	Notes  io.Writer // standard error, for hints to a person beside the output
	// Progress says that Notes is a terminal, and gets the progress of a transfer.
	Progress bool
	JSON     bool // results are printed as the server wrote them, one result a line
}

// Margin is where the further lines of a hint or an error begin, which may have words of others.
const Margin = "  "

// hint tells the person something beside the output.
func (o *Output) hint(format string, args ...any) {
	text := ScreenOn(o.Notes).Fold("parley: "+sentence(format, args...), Margin)
	_, _ = fmt.Fprintln(o.Notes, text) // the command goes on without the hint
}

// notes returns a screen for what is beside the output.
func (o *Output) notes() *Screen {
	notes := *o.Screen
	notes.Out, notes.Color = o.Notes, false
	return &notes
}

// show prints the result of a call: as JSON, without the secrets of the seat, or as draw shows the result to a person.
// An agent gets the link for its user, of which next tells.
func (o *Output) show(r result, draw func()) error {
	if !o.Screen.Agent {
		delete(r, "watch")
	}
	if o.JSON {
		delete(r, "agent_token")
		delete(r, "view")
		o.Screen.write(r.json())
		return o.Screen.err
	}
	draw()
	var link string
	if json.Unmarshal(r["watch"], &link) == nil {
		o.print("For your user, to watch the room:\n  %s", link)
	}
	return o.Screen.err
}

// print writes a line, broken at words where a terminal is too narrow for the line.
func (o *Output) print(format string, args ...any) {
	o.Screen.write(o.Screen.Fold(sentence(format, args...), Margin) + "\n")
}

// copy writes a line to copy, which stays in one piece.
func (o *Output) copy(format string, args ...any) { o.Screen.write(sentence(format, args...) + "\n") }

// row is print for words of others. Where a terminal is too narrow for a line, the rest is indented.
func (o *Output) row(format string, args ...any) {
	for line := range strings.SplitSeq(sentence(format, args...), "\n") {
		beside, width := true, o.Screen.Width()
		o.Screen.write(strings.Join(o.Screen.fold(line, width, width, &beside), "\n"+indent) + "\n")
	}
}

// table prints rows of cells.
func (o *Output) table(rows [][]string) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = HarmlessLine(row[i])
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t ")) // never fails
	}
	_ = w.Flush()
	for line := range strings.Lines(text.String()) {
		o.row("%s", strings.TrimSuffix(line, "\n"))
	}
}

// lines is an argument of sentence that may have line breaks.
type lines string

// sentence formats a text to print. Each argument stays on its line.
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

// Harmless returns text as a terminal may show it. A visible escape such as \x1b replaces every character that could
// act on the terminal, hide, or change the order of other characters. Line breaks and tabs stay.
func Harmless(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return sanitize.Escape(text, "\n\t")
}

// HarmlessLine is Harmless for a text that stays on one line, such as a name: a blank stands for each line break and
// tab.
func HarmlessLine(text string) string { return sanitize.Escape(onOneLine.Replace(text), "") }

var onOneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\u2028", " ", "\u2029", " ", "\t", " ")
