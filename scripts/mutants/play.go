package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/engine"
)

// suite is the tests of one package, built with all mutants in it.
type suite struct {
	dir    string // of the sources, where the tests run
	binary string
	flags  []string
}

// test is one test, and what a run without a mutant said of it.
type test struct {
	suite   *suite
	name    string
	class   byte
	took    time.Duration
	reaches map[int]bool // the numbers of mutants; none if it fails
}

// player plays mutants.
type player struct {
	temp     string
	engines  bool // whether tests use DynamoDB Local
	tests    []*test
	patience time.Duration // beside four times what the tests take
}

// The tests of a suite run at most this many at once: most of them wait.
const atOnce = "4"

// newPlayer builds the tests of the packages with the overlay. class says in which class a test of a
// package and file is.
func newPlayer(temp, overlay string, paths []string, class func(path, file string) byte) (*player, error) {
	build := []string{"test", "-c", "-vet=off", "-overlay", overlay, "-o", temp + "/"}
	if _, err := goCommand(append(build, paths...)...); err != nil {
		return nil, err
	}
	found, err := goList(paths...)
	if err != nil {
		return nil, err
	}
	p := &player{temp: temp, patience: 20 * time.Second}
	for _, path := range paths {
		s := &suite{dir: found[path].Dir, binary: filepath.Join(temp, filepath.Base(path)+".test")}
		if runtime.GOOS == "windows" {
			s.binary += ".exe"
		}
		if err := p.find(s, path, class); err != nil {
			return nil, err
		}
	}
	return p, nil
}

var declared = regexp.MustCompile(`(?m)^func (Test\w+)\(\w+ \*testing\.T\)`)

// find finds the tests of a suite. Those of rapid draw the same values in each run, and write nothing
// to the sources.
func (p *player) find(s *suite, path string, class func(path, file string) byte) error {
	files, err := filepath.Glob(filepath.Join(s.dir, "*_test.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if s.flags == nil && bytes.Contains(text, []byte(`"pgregory.net/rapid"`)) {
			s.flags = []string{"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=1ms"}
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			p.tests = append(p.tests, &test{suite: s, name: string(m[1]), class: class(path, filepath.Base(file))})
		}
	}
	return nil
}

// each does something with each of n, by this many workers. It stops at the first error.
func (p *player) each(ctx context.Context, workers, n int, do func(ctx context.Context, w *worker, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range n {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			w := &worker{player: p}
			defer w.stopEngine()
			for i := range next {
				if err := do(ctx, w, i); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// worker runs one test process after another.
type worker struct {
	player *player
	engine *engine.Server
	used   int
}

// fresh is how many mutants an engine plays. Tests that are killed leave their tables in its memory.
const fresh = 25

// startEngine starts an engine unless one runs that is fresh enough.
func (w *worker) startEngine(ctx context.Context) error {
	if !w.player.engines || w.engine != nil && w.used < fresh {
		return nil
	}
	w.stopEngine()
	server, err := dynamolocal.Launch(ctx)
	if err != nil {
		return fmt.Errorf("the tests of table/dynamotable and of chat need DynamoDB Local: %w", err)
	}
	w.engine, w.used = server, 0
	return nil
}

func (w *worker) stopEngine() {
	if w.engine != nil {
		w.engine.Stop()
		w.engine = nil
	}
}

// outcome is how a test process ended.
type outcome struct {
	failed string   // the first test that failed
	hung   []string // the tests that still ran when time was up
	broken bool     // it ended otherwise, as by a panic outside of a test
	output string
}

func (o outcome) passed() bool { return o.failed == "" && len(o.hung) == 0 && !o.broken }

var (
	failure = regexp.MustCompile(`(?m)^\s*--- FAIL: (Test\w+)`)
	running = regexp.MustCompile(`(?m)^\t\t(Test\w+)\S* \(`)
)

// run runs tests of one suite, with a mutant or, if it is negative, without. It ends them at the
// first failure.
func (w *worker) run(ctx context.Context, tests []*test, mutant int, limit time.Duration,
	env ...string) (outcome, error) {
	s := tests[0].suite
	names := make([]string, len(tests))
	for i, t := range tests {
		names[i] = t.name
	}
	temp, err := os.MkdirTemp(w.player.temp, "run-")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil { // a test gives up its rights
		return outcome{}, err
	}
	cmd := exec.CommandContext(ctx, s.binary, append([]string{"-test.v", "-test.parallel=" + atOnce,
		"-test.timeout=" + limit.String(), "-test.run=^(" + strings.Join(names, "|") + ")$"}, s.flags...)...)
	cmd.Dir = s.dir
	cmd.Env = append(append(os.Environ(), activeEnv+"="+strconv.Itoa(mutant), "TMPDIR="+temp), env...)
	if w.engine != nil {
		cmd.Env = append(cmd.Env, dynamolocal.EndpointEnv+"="+w.engine.Endpoint)
	}
	group(cmd)
	said := &untilFailure{fail: func() { end(cmd) }}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	err = cmd.Wait()
	end(cmd) // the processes that it started
	if ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	o := outcome{output: said.text.String()}
	var exit *exec.ExitError
	switch m := failure.FindStringSubmatch(o.output); {
	case m != nil:
		o.failed = m[1]
	case strings.Contains(o.output, "panic: test timed out after"):
		for _, m := range running.FindAllStringSubmatch(o.output, -1) {
			o.hung = append(o.hung, m[1])
		}
		o.broken = len(o.hung) == 0
	case errors.As(err, &exit):
		o.broken = true
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return outcome{}, err
	}
	return o, nil
}

// untilFailure keeps what a test process says, and ends it once a test has failed.
type untilFailure struct {
	text bytes.Buffer
	fail func()
}

func (u *untilFailure) Write(p []byte) (int, error) {
	from := max(0, u.text.Len()-200) // a line may come in two parts
	u.text.Write(p)
	if u.fail != nil && failure.Match(u.text.Bytes()[from:]) {
		u.fail()
		u.fail = nil
	}
	return len(p), nil
}

// control runs each test alone without a mutant: it must pass, or a kill would mean nothing. It notes
// what each reaches and how long it takes. A test that fails under load has two more tries; then it is
// played no more, and control returns it among the failed ones.
func (p *player) control(ctx context.Context, workers int) (failed []string, err error) {
	var noting sync.Mutex
	err = p.each(ctx, workers, len(p.tests), func(ctx context.Context, w *worker, i int) error {
		if err := w.startEngine(ctx); err != nil {
			return err
		}
		t := p.tests[i]
		record := filepath.Join(p.temp, fmt.Sprintf("reached-%d", i))
		for try := 1; ; try++ {
			began := time.Now()
			o, err := w.run(ctx, []*test{t}, -1, 2*time.Minute, reachedEnv+"="+record)
			if err != nil {
				return err
			}
			t.took = time.Since(began)
			if o.passed() {
				break
			}
			if try == 3 {
				noting.Lock()
				defer noting.Unlock()
				failed = append(failed, fmt.Sprintf("%s in %s\n%s", t.name, t.suite.dir, o.output))
				return nil
			}
		}

		// The test passes. Its record, if it left one, has the mutants that it reaches.
		text, err := os.ReadFile(record)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		t.reaches = map[int]bool{}
		for _, line := range strings.Fields(string(text)) {
			n, err := strconv.Atoi(line)
			if err != nil {
				return err
			}
			t.reaches[n] = true
		}
		return nil
	})
	return failed, err
}

// judge returns the marks of a mutant.
func (w *worker) judge(ctx context.Context, mutant int) (string, error) {
	if err := w.startEngine(ctx); err != nil {
		return "", err
	}
	w.used++
	var marks []byte
	for _, c := range classes {
		var reaching []*test
		for _, t := range w.player.tests {
			if t.class == c.letter && t.reaches[mutant] {
				reaching = append(reaching, t)
			}
		}
		mark, err := w.mark(ctx, mutant, c.letter, reaching)
		if err != nil {
			return "", err
		}
		marks = append(marks, mark)
	}
	return string(marks), nil
}

// mark returns the mark of a class of which these tests reach the mutant.
func (w *worker) mark(ctx context.Context, mutant int, letter byte, reaching []*test) (byte, error) {
	if len(reaching) == 0 {
		return unreached, nil
	}
	for _, batch := range batches(reaching) {
		for len(batch) > 0 {
			suspects, err := w.suspects(ctx, batch, mutant)
			if err != nil {
				return 0, err
			}
			if len(suspects) == 0 {
				break
			}
			// A failure counts if it comes again: the first may be due to the load.
			o, err := w.run(ctx, suspects, mutant, w.player.limit(suspects))
			switch {
			case err != nil:
				return 0, err
			case len(o.hung) > 0:
				return letter | 0x20, nil // the small letter
			case !o.passed():
				return letter, nil
			}
			batch = slices.DeleteFunc(batch, func(t *test) bool { return slices.Contains(suspects, t) })
		}
	}
	return lives, nil
}

// suspects runs a batch, and returns the tests of it that do not pass.
func (w *worker) suspects(ctx context.Context, batch []*test, mutant int) ([]*test, error) {
	o, err := w.run(ctx, batch, mutant, w.player.limit(batch))
	if err != nil || o.passed() {
		return nil, err
	}
	var found []*test
	for _, t := range batch {
		if t.name == o.failed || slices.Contains(o.hung, t.name) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return slices.Clone(batch), nil // it broke, and no test says why
	}
	return found, nil
}

// limit is how long tests may take before they count as hanging: a mutant is no slower than the
// code, but the machine may have other work.
func (p *player) limit(tests []*test) time.Duration {
	limit := p.patience
	for _, t := range tests {
		limit += 4 * t.took
	}
	return limit.Round(time.Second)
}

// batches parts tests by their suite, the quick ones first. Each batch takes twice as long as the
// one before, so that a kill comes soon, and a survivor takes few processes.
func batches(tests []*test) (all [][]*test) {
	tests = slices.Clone(tests)
	slices.SortStableFunc(tests, func(a, b *test) int { return int(a.took - b.took) })
	open := map[*suite]int{} // the place of the batch that grows
	limits, sums := map[*suite]time.Duration{}, map[*suite]time.Duration{}
	for _, t := range tests {
		n, ok := open[t.suite]
		if !ok || sums[t.suite]+t.took > limits[t.suite] {
			limits[t.suite] = max(2*limits[t.suite], 3*time.Second)
			sums[t.suite] = 0
			n = len(all)
			open[t.suite] = n
			all = append(all, nil)
		}
		all[n] = append(all[n], t)
		sums[t.suite] += t.took
	}
	return all
}
