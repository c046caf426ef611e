package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// start measures what a start of the function takes, beside the smallest one
// that aws-lambda-go makes: from the start of the process to the end of its first
// answer, and the size of what is deployed. The sandbox that Lambda makes before
// is not in it.
func (b *bench) start(ctx context.Context) ([]row, error) {
	root, err := output(exec.CommandContext(ctx, "go", "list", "-f", "{{.Module.Dir}}", "github.com/parley-chat/parley/functions/mcp"))
	if err != nil {
		return nil, fmt.Errorf("run it in a folder of the module: %w", err)
	}
	event, err := os.ReadFile(filepath.Join(root, "events", "initialize.json"))
	if err != nil {
		return nil, err
	}
	parley, err := b.buildFunction(ctx, root, "functions/mcp")
	if err != nil {
		return nil, err
	}
	bare, err := b.buildFunction(ctx, root, "internal/lambdatest/testdata/bare")
	if err != nil {
		return nil, err
	}
	var times, beside []float64
	for range max(1, b.deliveries/50) { // in turns, so that what else the machine does meets both
		for program, list := range map[string]*[]float64{parley: &times, bare: &beside} {
			took, err := coldStart(ctx, program, event)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", filepath.Base(program), err)
			}
			*list = append(*list, float64(took))
		}
	}
	sizes, err := sizeRow(parley, bare)
	return []row{{
		What:   "cold start of the function to its first answer, median",
		Parley: duration(time.Duration(median(times))),
		Beside: duration(time.Duration(median(beside))) + ", the smallest function",
		Ratio:  ratio(median(times) / median(beside)),
	}, sizes}, err
}

// buildFunction builds a program of this module as it is deployed.
func (b *bench) buildFunction(ctx context.Context, root, program string) (binary string, err error) {
	binary = filepath.Join(b.dir, filepath.Base(program))
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./"+program)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	_, err = output(cmd)
	return binary, err
}

// output is what cmd prints, without the line's end.
func output(cmd *exec.Cmd) (string, error) {
	text, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("%v: %w: %s", cmd, err, exit.Stderr)
	}
	return strings.TrimSpace(string(text)), err
}

func sizeRow(parley, bare string) (row, error) {
	p, err := os.Stat(parley)
	if err != nil {
		return row{}, err
	}
	e, err := os.Stat(bare)
	if err != nil {
		return row{}, err
	}
	return row{
		What:   "size of the function",
		Parley: megabytes(p.Size()),
		Beside: megabytes(e.Size()) + ", the smallest function",
		Ratio:  ratio(float64(p.Size()) / float64(e.Size())),
	}, nil
}
