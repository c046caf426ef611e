// Command bench measures Parley on one machine beside an empty tool of the MCP
// library that it stands on, and prints one table. docs/benchmarks.md says what
// each row means and holds the last results; -write puts new ones there.
//
// Each side is served by a process of its own, over HTTP on the loopback, and
// called by the same clients with requests of the same size. The two take turns
// several times in one run, and the table shows medians: on a shared machine
// only the ratios mean something.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the whole program: the measurement, or, as the process that the
// measurement starts, one of its servers.
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
	results := about + "\n\n" + render(rows)
	fmt.Fprint(stdout, results)
	if !write {
		return nil
	}
	return writeResults(resultsFile, results)
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (b *bench, write bool, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "take seconds instead of two minutes: to see that everything runs, not for figures")
	names := flags.String("rows", "", "only these `parts`, divided by commas: "+strings.Join(partNames(), ", "))
	dir := flags.String("dir", os.TempDir(), "the `folder` in which the data is kept meanwhile: its disk is what is measured")
	profiles := flags.String("profiles", "", "keep profiles of Parley's process in this `folder`: CPU while 16 clients send, memory and goroutines while all wait")
	flags.BoolVar(&write, "write", false, "put the results into "+resultsFile+" (run it from the root of the module)")
	if err := flags.Parse(args); err != nil {
		return nil, false, err
	}
	if flags.NArg() > 0 {
		return nil, false, fmt.Errorf("%q is no flag; see -help", flags.Arg(0))
	}
	b = &bench{plan: fullPlan(), dir: *dir, profiles: *profiles, progress: stderr}
	if *quick {
		b.plan = quickPlan()
	}
	if *names != "" {
		b.parts = strings.Split(*names, ",")
	}
	for _, name := range b.parts {
		if !slices.Contains(partNames(), name) {
			return nil, false, fmt.Errorf("there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	return b, write, nil
}

// plan says how much is measured.
type plan struct {
	slice      time.Duration // of load on one side, before it is the other's turn
	rounds     int           // of slices
	waiters    int           // that wait at once
	events     []int         // in the large rooms
	deliveries int           // whose time is taken; of those across processes a tenth
	said       int           // messages in a busy room
	crowd      int           // senders in the busiest
	settled    time.Duration // for which a server's figures must have stood still
}

func fullPlan() plan {
	return plan{slice: 400 * time.Millisecond, rounds: 7, waiters: 10_000, events: []int{10_000, 1_000_000}, deliveries: 1000, said: 300, crowd: 100, settled: time.Second}
}

func quickPlan() plan {
	return plan{slice: 50 * time.Millisecond, rounds: 2, waiters: 100, events: []int{1000}, deliveries: 20, said: 32, crowd: 20, settled: 100 * time.Millisecond}
}

// bench is one run.
type bench struct {
	plan
	parts    []string // to be measured; none: all
	dir      string   // where the data is kept meanwhile
	profiles string   // where profiles are kept; empty: none are
	progress io.Writer
}

// part is a group of rows that are measured together.
type part struct {
	name string
	run  func(*bench, context.Context) ([]row, error)
}

func allParts() []part {
	return []part{
		{"send", (*bench).send},
		{"idle", (*bench).idle},
		{"size", (*bench).size},
		{"delivery", (*bench).delivery},
		{"join", (*bench).join},
		{"wait", (*bench).wait},
		{"start", (*bench).start},
		{"dynamodb", (*bench).dynamodb},
		{"apart", (*bench).apart},
		{"busy", (*bench).busy},
	}
}

func partNames() []string {
	var names []string
	for _, p := range allParts() {
		names = append(names, p.name)
	}
	return names
}

// measure runs the parts in order, in a folder that goes when they are done.
func (b *bench) measure(ctx context.Context) (rows []row, err error) {
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o755); err != nil {
			return nil, err
		}
	}
	if b.dir, err = os.MkdirTemp(b.dir, "parley-bench-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	for _, p := range allParts() {
		if len(b.parts) > 0 && !slices.Contains(b.parts, p.name) {
			continue
		}
		began := time.Now()
		fmt.Fprintf(b.progress, "%-9s ", p.name)
		more, err := p.run(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(b.progress, "%4.0f s\n", time.Since(began).Seconds())
		rows = append(rows, more...)
	}
	return rows, nil
}
