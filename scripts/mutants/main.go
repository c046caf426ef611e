// Command mutants asks whether the tests notice small changes of the code: a condition negated, a
// statement left out, a constant one larger. It plays the mutants of list.txt and compares the result
// with that of the list, which shows what a test or a rule is good for before it is deleted.
//
// All mutants are compiled at once: an overlay of the go command puts each behind a switch that
// reads the environment at the start, so each test program is built once. Each test first runs
// without a mutant, to see that it passes and which mutants it reaches. Then each mutant meets the
// tests that reach it, class by class, until one fails twice. A test that hangs has noticed, too.
//
// gremlins, ooze and go-mutesting compile the tests anew for each mutant, which here takes longer than
// all of this. They name mutants by their lines, and do not say which class of tests kills one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	o := options{}
	flag.BoolVar(&o.update, "update", false, "write what was played into the list")
	flag.BoolVar(&o.fresh, "new", false, "play only mutants that were not played yet")
	run := flag.String("run", "", "play only mutants whose name matches this `expression`")
	flag.BoolVar(&o.all, "all", false, "only print the names of all mutants in the source")
	flag.IntVar(&o.choose, "choose", 0, "only write a list of about `n` mutants, chosen at random")
	flag.Uint64Var(&o.seed, "seed", 1, "for -choose")
	flag.IntVar(&o.workers, "p", min(2, runtime.NumCPU()), "how many `processes` run at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	o.run, err = regexp.Compile(*run)
	if err == nil {
		err = o.do(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	update, fresh, all bool
	run                *regexp.Regexp
	choose             int
	seed               uint64
	workers            int
}

// mutated are the packages whose code is mutated, and playing those whose tests are played.
func mutated() (all []string) {
	for _, s := range shares {
		all = append(all, module+"/internal/"+s.dir)
	}
	return all
}

func playing() []string { return append(mutated(), module+"/internal/testkit/randomtest") }

// classOf returns the class of the tests in a file of a package.
func classOf(pkg, file string) byte {
	model := regexp.MustCompile(`^(?:model|linear|property)_`)
	switch path.Base(pkg) {
	case "sqlite", "dynamotable":
		return 'D'
	case "randomtest":
		return 'M'
	case "chat":
		if model.MatchString(file) {
			return 'M'
		}
		return 'E'
	case "outbox":
		return 'O'
	}
	return 'R'
}

func (o *options) do(ctx context.Context) error {
	began := time.Now()
	root, err := goCommand("list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	if err := os.Chdir(strings.TrimSpace(string(root))); err != nil {
		return err
	}

	// All paths are those of the module from here on.
	packages, err := load(mutated()...)
	if err != nil {
		return err
	}

	// These two need the source alone, and compile nothing.
	switch {
	case o.all:
		for _, p := range packages {
			for _, f := range p.files {
				for _, m := range f.mutants {
					fmt.Println(m.name())
				}
			}
		}
		return nil
	case o.choose > 0:
		return os.WriteFile(listPath, []byte(formatList(choose(packages, o.choose, o.seed))), 0o644)
	}
	list, err := readList(listPath)
	if err != nil {
		return err
	}
	found, err := inSource(list, packages)
	if err != nil {
		return err
	}

	// Played are the entries that were asked for and whose code still stands.
	played := slices.DeleteFunc(slices.Clone(list), func(e *entry) bool {
		return e.current() == "" || !o.run.MatchString(e.name) || o.fresh && e.marks != blank()
	})
	mutants, numbers := numbered(played, found)
	temp, err := os.MkdirTemp("", "parley-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	fmt.Printf("Compiling %d mutants.\n", len(mutants))
	p, err := prepare(temp, packages, mutants)
	if err != nil {
		return err
	}
	p.engines = true
	fmt.Printf("Running %d tests without a mutant.\n", len(p.tests))

	// A test that fails without a mutant cannot kill one, so it is left out.
	failed, err := p.control(ctx, o.workers)
	if err != nil {
		return err
	}
	fmt.Printf("That took %s.\n", time.Since(began).Round(time.Second))
	err = o.play(ctx, p, list, played, numbers)
	if len(failed) > 0 {
		err = errors.Join(err, fmt.Errorf("these tests fail without any mutant, and were left out:\n%s",
			strings.Join(failed, "\n")))
	}
	fmt.Printf("All took %s.\n", time.Since(began).Round(time.Second))
	return err
}

// prepare builds the tests of this module with the mutants.
func prepare(temp string, packages []*pkg, mutants []*mutant) (*player, error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return nil, err
	}
	replaced, err := overlay(temp, root, packages, mutants)
	if err != nil {
		return nil, err
	}
	return newPlayer(temp, replaced, playing(), classOf)
}

// play plays the mutants with these numbers, in an order that mixes the packages, and compares.
func (o *options) play(ctx context.Context, p *player, list, played []*entry, numbers []int) error {
	before := map[*entry]string{}
	for _, e := range played {
		before[e] = e.marks
	}
	const stride = 7 // with one of each seven, a run that is cut short has seen all packages
	var order []int
	for first := range stride {
		for i := first; i < len(played); i += stride {
			order = append(order, i)
		}
	}
	var writing sync.Mutex
	done := 0
	err := p.each(ctx, o.workers, len(order), func(ctx context.Context, w *worker, i int) error {
		n := order[i]
		e, began := played[n], time.Now()
		marks, err := w.judge(ctx, numbers[n])
		if err == nil && killed(before[e]) && !killed(marks) {
			marks, err = w.judge(ctx, numbers[n]) // a test of a race may have missed it
		}
		if err != nil {
			return err
		}
		writing.Lock()
		defer writing.Unlock()
		e.marks = marks
		done++
		fmt.Printf("%d/%d %s %s (%.0f s)\n", done, len(order), marks, e.name, time.Since(began).Seconds())
		if o.update {
			return os.WriteFile(listPath, []byte(formatList(list)), 0o644)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Print(summary(played))
	if o.update {
		return nil
	}
	return compare(before, played)
}

// compare fails if a mutant lives that no line of the list calls the same program, and if a test kills one that has
// such a line.
func compare(before map[*entry]string, played []*entry) error {
	var escaped, differ []string
	changed := 0
	for _, e := range played {
		was := before[e]
		switch {
		case !killed(e.marks) && e.same == "":
			escaped = append(escaped, was+" "+e.name)
		case killed(e.marks) && e.same != "":
			differ = append(differ, e.marks+" "+e.name)
		case was != e.marks:
			fmt.Printf("was %s, is %s: %s\n", was, e.marks, e.name)
			changed++
		}
	}
	if changed > 0 {
		fmt.Printf("%d mutants have other marks in %s: update it with `go run ./scripts/mutants -update`.\n",
			changed, listPath)
	}
	var failed []error
	if len(escaped) > 0 {
		failed = append(failed, fmt.Errorf("no test notices these mutants. Write one, delete code that nobody misses, "+
			"or say below the mutant why it is the same program:\n  %s", strings.Join(escaped, "\n  ")))
	}
	if len(differ) > 0 {
		failed = append(failed, fmt.Errorf("a test notices these mutants, and the list says that none can:\n  %s",
			strings.Join(differ, "\n  ")))
	}
	return errors.Join(failed...)
}

// summary counts what each class kills, and what it kills alone.
func summary(played []*entry) string {
	var out strings.Builder
	none := 0
	kills, alone := map[byte]int{}, map[byte]int{}
	for _, e := range played {
		killers := strings.ToUpper(strings.Trim(strings.Map(func(r rune) rune {
			if strings.ContainsRune("-.?", r) {
				return -1
			}
			return r
		}, e.marks), ""))
		for _, k := range []byte(killers) {
			kills[k]++
		}
		switch len(killers) {
		case 0:
			none++
		case 1:
			alone[killers[0]]++
		}
	}
	fmt.Fprintf(&out, "%d mutants, of which %d live.\n", len(played), none)
	for _, c := range classes {
		fmt.Fprintf(&out, "  %-9s kill %3d, %3d of them alone\n", c.name, kills[c.letter], alone[c.letter])
	}
	return out.String()
}
