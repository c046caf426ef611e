// Command fetch looks for what make test drives, and fetches what it needs beside programs of
// the machine, or with -clients what make test-clients needs. It says before each download
// what it fetches, and what is missing and is skipped; with CI=true that is a failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	clients := flag.Bool("clients", false, "fetch the real clients, and Caddy")
	flag.Parse()
	var programs []string
	var failed []error
	if *clients {
		failed = fetch(ctx, parts.Clients())
	} else {
		programs = missingPrograms()
		failed = slices.Concat(fetchDynamoDB(ctx), fetchS3(ctx), fetch(ctx, parts.Tools()))
	}
	if len(programs) > 0 {
		fmt.Println("Not installed, and tests skip what needs it:", strings.Join(programs, ", "))
	}
	for _, err := range failed {
		fmt.Println("Not fetched, and tests skip what needs it:", err)
	}
	if len(programs)+len(failed) > 0 {
		fmt.Println("On Debian or Ubuntu .ci/run installs all of it.")
		if os.Getenv("CI") == "true" {
			os.Exit(1)
		}
	}
	if ctx.Err() != nil {
		os.Exit(1)
	}
}

// fetch fetches parts that are not there yet, and returns why others are missing.
func fetch(ctx context.Context, wanted []*parts.Part) (failed []error) {
	for _, part := range wanted {
		if err := part.Fetch(ctx, os.Stdout); err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

func fetchDynamoDB(ctx context.Context) (failed []error) {
	if os.Getenv(dynamolocal.EndpointEnv) != "" {
		return nil
	}
	if _, err := dynamolocal.Fetch(ctx); err != nil {
		return []error{err}
	}
	return nil
}

func fetchS3(ctx context.Context) (failed []error) {
	if _, err := s3local.Fetch(ctx); err != nil {
		return []error{err}
	}
	return nil
}

// missingPrograms returns the names of programs that tests drive and this machine lacks.
func missingPrograms() (missing []string) {
	if _, err := parts.Chromium(); err != nil {
		missing = append(missing, "Chromium")
	}
	for _, name := range []string{"sqlite3", "strace", "systemd-analyze", "curl", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	return missing
}
