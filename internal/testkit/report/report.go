// Package report writes the tables of measurements: on the screen, and into the pages of docs.
package report

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// Table returns lines as a Markdown table with aligned columns. The first line has the names of the columns.
func Table(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for n, cells := range lines {
		for i, cell := range cells {
			fmt.Fprintf(&text, "| %-*s ", widths[i], cell)
		}
		text.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, width := range widths {
			text.WriteString("|" + strings.Repeat("-", width+2))
		}
		text.WriteString("|\n")
	}
	return text.String()
}

// Grouped formats a number with commas between its thousands.
func Grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// End is the line that ends the results in a page.
const End = "<!-- end of results -->\n"

// Write replaces by text what is between the lines begin and End of a page.
func Write(page, begin, text string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, End)
	if !begun || !ended {
		return fmt.Errorf("%s lacks the marks for the results", page)
	}
	return os.WriteFile(page, []byte(before+begin+"\n"+text+"\n"+End+after), 0o644)
}
