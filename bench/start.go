package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// The most that a function may take for its start and its first answer, in times of what the
// smallest function takes.
const startGoal, startAim = 3.0, 2.5

// coldTest measures cold starts, and reports the medians of the CPU time as attributes.
const coldTest = "TestColdStart_besideTheSmallestFunction_staysNear"

// measureStart measures the CPU time from the start of the function to the end of its first
// answer, and the sizes of the programs.
func measureStart(ctx context.Context, b *bench) ([]row, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-json", "-run", "^"+coldTest+"$",
		"./internal/testkit/lambdatest")
	cmd.Dir = root
	text, failed := cmd.Output() // it fails, too, if the function takes far too long
	all, err := attributes(text)
	if err != nil || len(all) == 0 && failed != nil {
		return nil, fmt.Errorf("%v: %w: %s", cmd, errors.Join(failed, err), text)
	}
	more, err := b.measureSize(ctx, root)
	return append(startRows(all), more...), err
}

// attributes returns the durations among the attributes in what go test -json prints.
func attributes(text []byte) (map[string]time.Duration, error) {
	all := map[string]time.Duration{}
	for lines := json.NewDecoder(bytes.NewReader(text)); ; {
		var line struct{ Action, Key, Value string }
		err := lines.Decode(&line)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if line.Action != "attr" {
			continue
		}
		all[line.Key], err = time.ParseDuration(line.Value)
		if err != nil {
			return nil, err
		}
	}
}

func startRows(all map[string]time.Duration) []row {
	smallest := all["smallest"]
	if smallest == 0 {
		return []row{{What: "CPU of a start of the function", Parley: notMeasured,
			Beside: "it needs Linux, and Java for DynamoDB Local"}}
	}
	line := func(what string, d time.Duration) row {
		return row{What: "CPU of a start of the function, " + what, Parley: duration(d),
			Beside: duration(smallest) + ", the smallest function", Ratio: ratio(float64(d) / float64(smallest))}
	}
	first := line("initialize", all["initialize"])
	first.Goal = mostOf(float64(all["initialize"])/float64(smallest), startGoal, startAim)
	return []row{first, line("health check with the table", all["health"])}
}
