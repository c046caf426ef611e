package lambdatest_test

import (
	"cmp"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	coldStarts = 20
	// mostOfBare bounds the processor time up to the first answer, in times of the
	// smallest function's. Processor time depends least on what else the machine does.
	mostOfBare = 4
)

// start is what the start of a process takes, up to the end of its first answer. It
// does not include the sandbox, which Lambda creates before.
type start struct{ wall, processor time.Duration }

func coldStart(t *testing.T, p lambdatest.Program, event []byte) start {
	t.Helper()
	i := lambdatest.Start(t, p)
	response, err := i.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	took := start{time.Since(i.Began), cpuTime(t, i)}
	i.Signal(os.Kill)
	i.Wait()
	i.Forget()
	return took
}

func readEvent(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "events", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

func TestColdStart_besideTheSmallestFunction_staysNear(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own start would be measured")
	}
	f := deploy(t)
	bare := lambdatest.Program{Path: build(t, "internal/testkit/lambdatest/testdata/bare")}
	parley := lambdatest.Program{Path: f.binary,
		Env: []string{"PARLEY_TABLE=" + f.table, "PARLEY_ACCESS=open",
			"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t)}}
	rows := []struct {
		what, attribute string // bench reads the attributes
		p               lambdatest.Program
		event           []byte
		wall, processor []time.Duration
	}{
		{what: "the smallest function", attribute: "smallest", p: bare, event: []byte("{}")},
		{what: "Parley, initialize", attribute: "initialize", p: parley, event: readEvent(t, "initialize.json")},
		{what: "Parley, health check with the table", attribute: "health", p: parley,
			event: readEvent(t, "health.json")},
	}
	for range coldStarts { // in turns, so that what else the machine does meets all
		for k := range rows {
			took := coldStart(t, rows[k].p, rows[k].event)
			rows[k].wall, rows[k].processor = append(rows[k].wall, took.wall), append(rows[k].processor, took.processor)
		}
	}
	for _, r := range rows {
		t.Logf("%-36s median %5.1f ms, fastest %5.1f, slowest %5.1f; %4.1f of a processor",
			r.what, ms(median(r.wall)), ms(slices.Min(r.wall)), ms(slices.Max(r.wall)), ms(median(r.processor)))
		t.Attr(r.attribute, median(r.processor).String())
	}
	if ratio := float64(median(rows[1].processor)) / float64(median(rows[0].processor)); ratio > mostOfBare {
		t.Errorf("Parley starts with %.1f times the work of the smallest function, at most %d are wanted", ratio,
			mostOfBare)
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

// The init phase ends after ten seconds, and Lambda then starts it again at the expense
// of the first caller.
func TestColdStart_tableThatHangs_answersAllTheSame(t *testing.T) {
	f := deploy(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	i := f.start(1, "AWS_ENDPOINT_URL_DYNAMODB=http://"+listener.Addr().String())
	response, err := i.Invoke(t.Context(), readEvent(t, "initialize.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Error(err)
	}
	if took := time.Since(i.Began); took > 5*time.Second {
		t.Errorf("the first answer took %v", took)
	}
	if !strings.Contains(i.Output(), "the table does not answer yet") {
		t.Errorf("the log does not name the table: %s", i.Output())
	}
}
