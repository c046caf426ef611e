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

// printSkipped prints why tests were skipped, each reason once, from what gotestsum has
// written of a run.
func printSkipped(path string) error {
	file, err := os.Open(path)
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
