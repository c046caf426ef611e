package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// row is a line of the table: what Parley does, and what it is compared with in
// the same run.
type row struct {
	What   string
	Parley string
	Beside string
	Ratio  string // of the two
	Goal   string // empty: there is none
}

func (r row) cells() []string { return []string{r.What, r.Parley, r.Beside, r.Ratio, r.Goal} }

// render writes the rows as a Markdown table that reads well as it is, too.
func render(rows []row) string {
	lines := [][]string{{"what", "Parley", "beside it", "ratio", "goal"}}
	for _, r := range rows {
		lines = append(lines, r.cells())
	}
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

func perSecond(rate float64) string { return grouped(int64(rate+0.5)) + "/s" }

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func ratio(r float64) string { return fmt.Sprintf("%.2f", r) }

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(int64(n)) + " " + noun + "s"
}

func duration(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}

func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f KB", bytes/1000) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// notMeasured stands in a row for a part that this machine lacks something for.
const notMeasured = "not measured"

// goal says what was aimed at, and whether this run has reached it.
func goal(what string, met bool) string {
	if met {
		return what + ": met"
	}
	return what + ": missed"
}

// Where the results stand in the documents.
const (
	resultsFile  = "docs/benchmarks.md"
	resultsBegin = "<!-- results: written by `go run ./internal/bench -write` -->\n"
	resultsEnd   = "<!-- end of results -->\n"
)

// writeResults puts text between the marks of file.
func writeResults(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(page), resultsBegin)
	_, after, ended := strings.Cut(rest, resultsEnd)
	if !begun || !ended {
		return errors.New(file + " has lost the marks between which the results stand")
	}
	return os.WriteFile(file, []byte(before+resultsBegin+"\n"+text+"\n"+resultsEnd+after), 0o644)
}
