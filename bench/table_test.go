package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/report"
)

func TestRender_columns_areAligned(t *testing.T) {
	got := render([]row{
		{What: "send", Parley: "7,000/s", Beside: "14,000/s, empty tool", Ratio: "0.50",
			Goal: goal("at least 0.50", true)},
		{What: "a wait of 12 µs", Parley: "1", Beside: "2"},
	})
	want := strings.Join([]string{
		"| what            | Parley  | beside it            | ratio | goal               |",
		"|-----------------|---------|----------------------|-------|--------------------|",
		"| send            | 7,000/s | 14,000/s, empty tool | 0.50  | at least 0.50: met |",
		"| a wait of 12 µs | 1       | 2                    |       |                    |",
		"",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestForPage_hasRowsWithAGoalAndThoseThatAskForIt(t *testing.T) {
	got := forPage([]row{
		{What: "a rate", Parley: "1/s", OnPage: true},
		{What: "a detail", Parley: "2"},
		{What: "a goal", Parley: "3", Goal: goal("at most 2", false)},
		{What: "what needs Linux", Parley: notMeasured},
	})
	var shown []string
	for _, r := range got {
		shown = append(shown, r.What)
	}
	if want := "a rate, a goal, what needs Linux"; strings.Join(shown, ", ") != want {
		t.Errorf("got %q, want %q", shown, want)
	}
}

func TestFigures_areFormatted(t *testing.T) {
	for got, want := range map[string]string{
		perSecond(1999.6):                 "2,000/s",
		ratio(0.456):                      "0.46",
		percent(0.0149):                   "1.5 %",
		duration(950 * time.Microsecond):  "950 µs",
		duration(2340 * time.Microsecond): "2.34 ms",
		kilobytes(46_049):                 "46.0 KB",
		goal("at most 1", false):          "at most 1: missed",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestQuantile_isTheValueBelowWhichTheShareLies(t *testing.T) {
	values := make([]float64, 100) // 99 down to 0
	for i := range values {
		values[i] = float64(len(values) - 1 - i)
	}
	for q, want := range map[float64]float64{0: 0, 0.5: 50, 0.99: 99, 1: 99} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 || median([]float64{3, 1, 2}) != 2 || values[0] != 99 {
		t.Error("want 0 of no values, the middle of three, and unchanged values")
	}
}

func TestAgainst_isTheMedianOfTheRatiosOfTheRounds(t *testing.T) {
	// The whole machine was slow in the second round, one side in the third.
	if got := against([]float64{50, 5, 10}, []float64{100, 10, 100}); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
}

func TestDocument_hasTheMarksAndEveryPart(t *testing.T) {
	page, err := os.ReadFile(resultsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(partNames(), resultsBegin, report.End) {
		if !strings.Contains(string(page), want) {
			t.Errorf("%s does not have %q", resultsFile, want)
		}
	}
}

func TestThisMachine_descriptionOmitsItsName(t *testing.T) {
	got, err := thisMachine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if name, err := os.Hostname(); err == nil && len(name) > 4 && strings.Contains(got, name) {
		t.Errorf("%q names the machine", got)
	}
	for _, want := range []string{" cores", "go1.", "fsync: "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
