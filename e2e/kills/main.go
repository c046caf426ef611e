// Command kills kills servers with -9 at random moments while agents and people join, talk, add, take, finish, check,
// agree and decide, and throws half of their answers away. Who had no answer asks again. What was acknowledged is
// written to a ledger that no server knows, and is on the disk before the next call of the same agent. At the end fresh
// readers read all rooms from servers that were started once more: each act that was acknowledged must be there once,
// and no act twice. docs/reliability.md has its last table.
//
// One server stands over SQLite. Two stand over one table of DynamoDB Local, and one of them is killed, the other, or
// both. It ends with 1 if anything was lost or doubled, and with 2 if there were too few kills or acts to say so.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/report"
)

// What a run needs on each store, to say anything.
const (
	leastKills = 100
	leastActs  = 1000 // of each kind
)

// The exit codes.
const (
	nothingLost = 0
	failed      = 1
	tooFew      = 2
)

// The place of the results.
const (
	page  = "docs/reliability.md"
	begin = "<!-- results: written by `go run ./e2e/kills -write` -->\n"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := process.WithBinary(func() int { return run(ctx, os.Args[1:], os.Stdout, os.Stderr) }, ".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "kills: build the program:", err)
		code = failed
	}
	stop()
	os.Exit(code)
}

// order is what the command line asks for.
type order struct {
	minutes  float64
	write    bool
	plant    fault
	progress *log.Logger // of what many say at once
}

// run returns the exit code.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	o := order{progress: log.New(stderr, "", 0)}
	flags := flag.NewFlagSet("kills", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Float64Var(&o.minutes, "minutes", 10, "kill for so many `minutes`; to compare takes longer")
	flags.BoolVar(&o.write, "write", false, "write the table to "+page+" if nothing was lost; run it in the root")
	flags.Func("plant", "do a `fault` in acts of each kind: loss, or double", func(text string) error {
		o.plant = fault(text)
		if o.plant != loss && o.plant != double {
			return errors.New("it is loss or double")
		}
		return nil
	})
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nothingLost
	} else if err != nil {
		return failed
	}
	rows, err := o.all(ctx)
	if len(rows) > 0 {
		fmt.Fprintln(stdout, render(rows))
	}
	if err != nil {
		fmt.Fprintln(stderr, "kills:", err)
		return failed
	}
	code, verdict := judge(rows)
	fmt.Fprintln(stdout, verdict)
	if o.write && code == nothingLost {
		if err := report.Write(page, begin, render(rows)); err != nil {
			fmt.Fprintln(stderr, "kills:", err)
			return failed
		}
	}
	return code
}

// all runs on all stores at once.
func (o order) all(ctx context.Context) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "parley-kills-")
	if err != nil {
		return nil, err
	}
	stores, err := o.open(ctx, dir)
	defer func() {
		for _, s := range stores {
			err = errors.Join(err, s.kill(s.servers...))
		}
		if code, _ := judge(rows); code == failed || err != nil && !errors.Is(err, context.Canceled) {
			o.progress.Println("The ledgers, the file and what the servers printed are kept in", dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	if err != nil {
		return nil, err
	}
	working, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { o.tell(working, stores) })
	found := make([][]row, len(stores))
	all, ctx := errgroup.WithContext(ctx)
	for i, s := range stores {
		all.Go(func() (err error) {
			found[i], err = o.one(ctx, s)
			return err
		})
	}
	err = all.Wait()
	cancel()
	telling.Wait()
	return slices.Concat(found...), err
}

// open starts the servers of all stores. Those that it returns beside an error may run.
func (o order) open(ctx context.Context, dir string) (stores []*store, err error) {
	s, err := openSQLite(dir, os.Getenv(process.BinaryEnv))
	stores = append(stores, s)
	if err != nil {
		return stores, err
	}
	endpoint, err := o.dynamoDB(ctx)
	if err != nil || endpoint == "" {
		return stores, err
	}
	s, err = openDynamoDB(dir, os.Getenv(process.BinaryEnv), endpoint)
	return append(stores, s), err
}

// dynamoDB returns the address of a DynamoDB Local; "" if there is none.
func (o order) dynamoDB(ctx context.Context) (string, error) {
	if running := os.Getenv(dynamolocal.EndpointEnv); running != "" {
		return running, nil
	}
	engine, err := dynamolocal.Launch(ctx)
	if errors.Is(err, dynamolocal.ErrMissing) {
		o.progress.Println("NOT TRIED: two servers on DynamoDB Local; SQLite alone:", err)
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return engine.Endpoint, nil
}

// one kills the servers of a store, and compares, also after an agent was refused: what it asked about may be lost.
func (o order) one(ctx context.Context, s *store) ([]row, error) {
	for n := range s.floors {
		r, err := s.openRoom(ctx, n+1)
		if err != nil {
			return nil, err
		}
		s.rooms = append(s.rooms, r)
	}
	working, cancel := context.WithTimeout(ctx, time.Duration(o.minutes*float64(time.Minute)))
	defer cancel()
	refusal := s.work(working)
	if err := cmp.Or(ctx.Err(), s.again()); err != nil {
		return nil, errors.Join(refusal, err)
	}
	if o.plant != noFault {
		if err := s.rooms[0].plant(ctx, o.plant); err != nil {
			return nil, errors.Join(refusal, err)
		}
	}
	rows, err := o.compare(ctx, s)
	return rows, errors.Join(refusal, err)
}

// compare holds what the rooms of a store hold against its ledger.
func (o order) compare(ctx context.Context, s *store) ([]row, error) {
	for _, r := range s.rooms {
		if err := r.hearRest(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.again(); err != nil {
		return nil, err
	}
	ledger, err := readLedger(s.ledgerName())
	if err != nil {
		return nil, err
	}
	there := account{}
	for _, r := range s.rooms {
		l, err := r.read(ctx, ledger)
		if err != nil {
			return nil, fmt.Errorf("%s could not be read: %w", r.name, err)
		}
		there.enter(l)
	}
	const most = 20 // differences
	said := 0
	return there.compare(s.name, ledger, func(difference string) {
		said++
		if said <= most {
			o.progress.Printf("%s: %s", s.name, difference)
		}
	}), nil
}

// tell says every 15 seconds how far the stores are.
func (o order) tell(ctx context.Context, stores []*store) {
	began := time.Now()
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limit, passed := time.Duration(o.minutes*float64(time.Minute)), time.Since(began).Round(time.Second)
		line := fmt.Sprintf("%v of %v", passed, limit)
		if passed > limit {
			line = fmt.Sprintf("comparing for %v", passed-limit)
		}
		for _, s := range stores {
			line += "; " + s.progress()
		}
		o.progress.Println(line)
	}
}

func (s *store) progress() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	fewest := kinds[0]
	for _, k := range kinds {
		if s.times[k] < s.times[fewest] {
			fewest = k
		}
	}
	return fmt.Sprintf("%s: %d kills, acts of each kind: %d and more (%s)", s.name, s.kills, s.times[fewest], fewest)
}

// judge returns the exit code of a run, and why.
func judge(rows []row) (code int, verdict string) {
	var few []string
	for _, r := range rows {
		if r.lost+r.doubled > 0 {
			return failed, "SOMETHING WAS LOST OR DOUBLED."
		}
		if r.kills < leastKills || r.acknowledged < leastActs {
			few = append(few, fmt.Sprintf("%s, %s: %d kills and %d acknowledged", r.store, r.kind, r.kills,
				r.acknowledged))
		}
	}
	if len(few) > 0 {
		return tooFew, fmt.Sprintf("Nothing was lost or doubled, but the run says too little: %d kills and %d acts of "+
			"each kind are needed.\n%s", leastKills, leastActs, strings.Join(few, "\n"))
	}
	return nothingLost, "Nothing was lost, and nothing doubled."
}

// render returns the table.
func render(rows []row) string {
	lines := [][]string{{"store", "act", "acknowledged", "answers thrown away", "calls cut off", "kills", "lost",
		"doubled"}}
	for _, r := range rows {
		cells := []string{r.store, string(r.kind)}
		for _, n := range []int{r.acknowledged, r.thrown, r.cut, r.kills, r.lost, r.doubled} {
			cells = append(cells, report.Grouped(int64(n)))
		}
		lines = append(lines, cells)
	}
	return report.Table(lines)
}
