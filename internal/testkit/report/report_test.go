package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/report"
)

const begin = "<!-- results -->\n"

func TestWrite_replacesWhatIsBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	page := "before\n" + begin + "old\n" + report.End + "after\n"
	for _, text := range []string{"first\n", "second\n"} {
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := report.Write(file, begin, text); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page = string(got)
		if page != "before\n"+begin+"\n"+text+"\n"+report.End+"after\n" {
			t.Errorf("got %q", page)
		}
	}
}

func TestWrite_pageWithoutMarks_isNotChanged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	for _, page := range []string{"", "text", begin, report.End + begin} {
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := report.Write(file, begin, "new"); err == nil {
			t.Errorf("%q was accepted", page)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != page {
			t.Errorf("got %q, error %v", got, err)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := report.Grouped(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
