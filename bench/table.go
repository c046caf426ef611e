package main

import (
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/testkit/report"
)

// row is a row of the table: a figure of Parley, and what this run compares it
// with.
type row struct {
	What   string
	Parley string
	Beside string
	Ratio  string // Parley's figure divided by the other
	Goal   string // with whether this run met it; empty if there is none
	OnPage bool   // docs/benchmarks.md has it also without a goal
}

func (r row) cells() []string { return []string{r.What, r.Parley, r.Beside, r.Ratio, r.Goal} }

// forPage returns the rows that docs/benchmarks.md has. The others help to find out why a goal is missed.
func forPage(rows []row) (shown []row) {
	for _, r := range rows {
		if r.OnPage || r.Goal != "" || r.Parley == notMeasured {
			shown = append(shown, r)
		}
	}
	return shown
}

// notMeasured is the figure of a part for which this machine lacks something.
const notMeasured = "not measured"

// render returns the rows as a Markdown table with aligned columns.
func render(rows []row) string {
	lines := [][]string{{"what", "Parley", "beside it", "ratio", "goal"}}
	for _, r := range rows {
		lines = append(lines, r.cells())
	}
	return report.Table(lines)
}

// goal returns a goal and whether this run met it.
func goal(what string, met bool) string {
	if met {
		return what + ": met"
	}
	return what + ": missed"
}

// atLeast and atMost return a goal for a ratio r, and whether this run met it.
func atLeast(least, r float64) string { return goal("at least "+ratio(least), r >= least) }

func atMost(most, r float64) string { return goal("at most "+ratio(most), r <= most) }

// leastOf and mostOf do the same for a goal with an aim beyond it.
func leastOf(r, least, aim float64) string {
	return atLeast(least, r) + goal("; aim "+ratio(aim), r >= aim)
}

func mostOf(r, most, aim float64) string {
	return atMost(most, r) + goal("; aim "+ratio(aim), r <= aim)
}

func perSecond(rate float64) string { return report.Grouped(int64(rate+0.5)) + "/s" }

func ratio(r float64) string { return fmt.Sprintf("%.2f", r) }

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

func duration(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}

func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f KB", bytes/1000) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// The place of the results in the documents.
const (
	resultsFile  = "../docs/benchmarks.md"
	resultsBegin = "<!-- results: written by `go -C bench run . -write` -->\n"
)
