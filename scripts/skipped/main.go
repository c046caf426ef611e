// Command skipped reads what gotestsum has written of a run into the file that
// GOTESTSUM_JSONFILE names, and prints why tests were skipped, each reason once.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	file, err := os.Open(os.Getenv("GOTESTSUM_JSONFILE"))
	if err != nil {
		return err
	}
	defer file.Close()
	tests, err := skipped(file)
	for n, reason := range slices.Sorted(maps.Keys(tests)) {
		if n == 0 {
			fmt.Println("\nSkipped, and so not tested here:")
		}
		fmt.Printf("%6d × %s\n", tests[reason], reason)
	}
	return err
}

// logged is what a test says in a line of its own.
var logged = regexp.MustCompile(`^\s+\S+\.go:\d+: (?:SKIPPED, NOT TESTED: )?(.*)`)

// skipped counts the tests that were skipped by the reason, which is what they said last.
func skipped(events *os.File) (map[string]int, error) {
	said, tests := map[[2]string]string{}, map[string]int{}
	for lines := json.NewDecoder(bufio.NewReader(events)); lines.More(); {
		var e struct{ Action, Package, Test, Output string }
		if err := lines.Decode(&e); err != nil {
			return tests, err
		}
		test := [2]string{e.Package, e.Test}
		if found := logged.FindStringSubmatch(e.Output); found != nil {
			said[test] = found[1]
		}
		if e.Action == "skip" && e.Test != "" {
			tests[said[test]]++
		}
	}
	return tests, nil
}
