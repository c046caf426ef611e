package lambdatest_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/lambdatest"
)

const (
	coldStarts = 20
	mostOfBare = 6 // times the smallest function's median, in the same run
)

// coldStart returns the time from the start of the process to the end of its
// first answer. It does not include the sandbox, which Lambda creates before.
func coldStart(t *testing.T, p lambdatest.Program, event []byte) time.Duration {
	t.Helper()
	i := lambdatest.Start(t, p)
	response, err := i.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	took := time.Since(i.Began)
	i.Signal(os.Kill)
	i.Wait()
	i.Forget()
	return took
}

func readEvent(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "events", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func median(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

func TestColdStart_besideTheSmallestFunction_staysNear(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own start would be measured")
	}
	f := deploy(t)
	bare := lambdatest.Program{Path: build(t, "internal/lambdatest/testdata/bare")}
	parley := lambdatest.Program{Path: f.binary, Env: []string{"PARLEY_TABLE=" + f.table, "AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t)}}
	rows := []struct {
		what  string
		p     lambdatest.Program
		event []byte
		took  []time.Duration
	}{
		{"the smallest function", bare, []byte("{}"), nil},
		{"Parley, initialize", parley, readEvent(t, "initialize.json"), nil},
		{"Parley, health check with the table", parley, readEvent(t, "health.json"), nil},
	}
	for range coldStarts { // in turns, so that what else the machine does meets all
		for k := range rows {
			rows[k].took = append(rows[k].took, coldStart(t, rows[k].p, rows[k].event))
		}
	}
	for _, r := range rows {
		t.Logf("%-36s median %5.1f ms, fastest %5.1f, slowest %5.1f", r.what, ms(median(r.took)), ms(slices.Min(r.took)), ms(slices.Max(r.took)))
	}
	if ratio := float64(median(rows[1].took)) / float64(median(rows[0].took)); ratio > mostOfBare {
		t.Errorf("Parley starts %.1f times as long as the smallest function, at most %d are wanted", ratio, mostOfBare)
	}
	for _, p := range []lambdatest.Program{bare, parley} {
		info, err := os.Stat(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f MB", filepath.Base(p.Path), float64(info.Size())/1e6)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
