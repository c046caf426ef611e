package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sizes are the sizes of a program as it is deployed, in bytes.
type sizes struct {
	binary, zip int64
}

// measureSize builds the programs and compares the Lambda function with the
// smallest one that aws-lambda-go makes. The code of both ends up in a zip file.
func (b *bench) measureSize(ctx context.Context, root string) ([]row, error) {
	function, err := b.sizesOf(ctx, root, "functions/mcp")
	if err != nil {
		return nil, err
	}
	smallest, err := b.sizesOf(ctx, root, "internal/testkit/lambdatest/testdata/bare")
	if err != nil {
		return nil, err
	}
	program, err := b.sizesOf(ctx, root, "cmd/parley")
	if err != nil {
		return nil, err
	}
	return []row{
		sizeRow("size of the function", function.binary, smallest.binary, "the smallest function"),
		sizeRow("size of the function's zip file", function.zip, smallest.zip, "the smallest function"),
		sizeRow("size of the program", program.binary, function.binary, "the function"),
	}, nil
}

// moduleRoot returns the folder of Parley's source.
func moduleRoot(ctx context.Context) (string, error) {
	root, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/parley-chat/parley"))
	if err != nil {
		return "", fmt.Errorf("finding the module, which works only in its folders: %w", err)
	}
	return root, nil
}

func sizeRow(what string, parley, other int64, name string) row {
	return row{
		What:   what,
		Parley: megabytes(parley),
		Beside: megabytes(other) + ", " + name,
		Ratio:  ratio(float64(parley) / float64(other)),
	}
}

// sizesOf builds a program of this module with the options of lambda.mk.
func (b *bench) sizesOf(ctx context.Context, root, program string) (s sizes, err error) {
	binary := filepath.Join(b.dir, filepath.Base(program))
	cmd := exec.CommandContext(ctx, "scripts/function-go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags",
		"-s -w", "-o", binary, "./"+program)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(cmd); err != nil {
		return s, err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return s, err
	}
	zipped, err := zippedSize(binary)
	return sizes{binary: info.Size(), zip: zipped}, err
}

// output returns what cmd prints, without the end of the line.
func output(cmd *exec.Cmd) (string, error) {
	text, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("%v: %w: %s", cmd, err, exit.Stderr)
	}
	return strings.TrimSpace(string(text)), err
}

// zippedSize returns the size of a zip file of one file.
func zippedSize(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var size writtenBytes
	w := zip.NewWriter(&size)
	entry, err := w.Create(filepath.Base(path))
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, file); err != nil {
		return 0, err
	}
	err = w.Close()
	return int64(size), err
}

// writtenBytes counts what is written to it.
type writtenBytes int64

func (n *writtenBytes) Write(p []byte) (int, error) {
	*n += writtenBytes(len(p))
	return len(p), nil
}
