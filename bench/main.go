// Command bench measures Parley on one machine beside an empty tool of mcp-go,
// the library that Parley uses, and prints one table. docs/benchmarks.md holds
// the rows of the last run that a reader needs; -write replaces them.
//
// Each side is a process of its own, serves HTTP on the loopback, and answers the
// same clients and requests of the same size. The sides take turns several times
// in one run, and the table shows medians: on a shared machine only the ratios
// mean something.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/testkit/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures, or serves one side for the process that measures.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == serveCommand {
		return serve(ctx, args[1:], stdin, stdout)
	}
	b, write, err := parse(args, stderr)
	if err != nil {
		return err
	}
	about, err := thisMachine(b.dir)
	if err != nil {
		return err
	}
	rows, err := b.measure(ctx)
	if err != nil {
		return err
	}
	about += "\n\n"
	fmt.Fprint(stdout, about, render(rows))
	if !write {
		return nil
	}
	return report.Write(resultsFile, resultsBegin, about+render(forPage(rows)))
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (b *bench, write bool, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	names := flags.String("rows", "", "measure only these `parts`, separated by commas: "+strings.Join(partNames(),
		", "))
	profiles := flags.String("profiles", "", "write profiles of the servers to this `folder`, below bench unless it "+
		"begins with /: CPU and allocations while 16 clients send, memory and goroutines while all agents wait")
	flags.BoolVar(&write, "write", false, "write the results to "+resultsFile+"; run it in the folder bench")
	if err := flags.Parse(args); err != nil {
		return nil, false, err
	}
	if flags.NArg() > 0 {
		return nil, false, fmt.Errorf("unexpected argument %q; see -help", flags.Arg(0))
	}
	b = &bench{plan: fullPlan(), dir: os.TempDir(), profiles: *profiles, progress: stderr}
	if *names != "" {
		b.parts = strings.Split(*names, ",")
	}
	for _, name := range b.parts {
		if !slices.Contains(partNames(), name) {
			return nil, false, fmt.Errorf("unknown part %q; the parts are %s", name, strings.Join(partNames(), ", "))
		}
	}
	return b, write, nil
}

// plan says how much to measure.
type plan struct {
	slice      time.Duration // of load on one side before the next side's turn
	rounds     int           // of slices
	backlog    int           // messages that an agent missed; a server has only the last ones of a room in memory
	deliveries int           // messages to time; a tenth of them across processes
	waiters    int           // agents that wait at once
	watched    time.Duration // how long the CPU of a server with waiters is measured
	settled    time.Duration // how long nothing must change before that
	fileBytes  int64         // of each shared file
	fileRounds int           // of one file for each connection
}

func fullPlan() plan {
	return plan{
		slice: 150 * time.Millisecond, rounds: 14, backlog: 500, deliveries: 1000,
		waiters: 10_000, watched: 15 * time.Second, settled: 3 * time.Second, fileBytes: 25 << 20, fileRounds: 5,
	}
}

// bench is one run.
type bench struct {
	plan
	parts    []string // the parts to measure; empty means all
	dir      string   // the data is written below it, so its disk is measured
	profiles string   // the folder for profiles; empty means none
	progress io.Writer
}

// part is a group of rows that are measured together.
type part struct {
	name    string
	measure func(context.Context, *bench) ([]row, error)
}

func allParts() []part {
	return []part{
		{"send", measureSend},
		{"room", measureRoom},
		{"delivery", measureDelivery},
		{"files", measureFiles},
		{"idle", measureIdle},
		{"start", measureStart},
		{"dynamodb", measureDynamoDB},
	}
}

func partNames() []string {
	var names []string
	for _, p := range allParts() {
		names = append(names, p.name)
	}
	return names
}

// measure runs the parts in order. Their data is deleted at the end.
func (b *bench) measure(ctx context.Context) (rows []row, err error) {
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o755); err != nil {
			return nil, err
		}
	}
	b.dir, err = os.MkdirTemp(b.dir, "parley-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	for _, p := range allParts() {
		if len(b.parts) > 0 && !slices.Contains(b.parts, p.name) {
			continue
		}
		began := time.Now()
		fmt.Fprintf(b.progress, "%-9s ", p.name)
		more, err := p.measure(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(b.progress, "%4.0f s\n", time.Since(began).Seconds())
		rows = append(rows, more...)
	}
	return rows, nil
}
