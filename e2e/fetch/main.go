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

	"github.com/parley-chat/parley/e2e/internal/parts"
	"github.com/parley-chat/parley/internal/dynamolocal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	clients := flag.Bool("clients", false, "fetch the real clients, and Caddy")
	flag.Parse()
	var missing []error
	if *clients {
		missing = fetch(ctx, parts.Clients())
	} else {
		missing = append(lookForTools(ctx), fetch(ctx, parts.Tools())...)
	}
	for _, err := range missing {
		fmt.Println("Missing, and skipped by the tests:", err)
	}
	if len(missing) > 0 {
		fmt.Println("On Debian or Ubuntu .ci/run installs all of it.")
	}
	if len(missing) > 0 && os.Getenv("CI") == "true" || ctx.Err() != nil {
		os.Exit(1)
	}
}

// fetch fetches parts that are not there yet, and returns why others are missing.
func fetch(ctx context.Context, wanted []*parts.Part) (missing []error) {
	for _, part := range wanted {
		if err := part.Fetch(ctx, os.Stdout); err != nil {
			missing = append(missing, err)
		}
	}
	return missing
}

// lookForTools returns which programs of the machine are missing, and fetches DynamoDB Local.
func lookForTools(ctx context.Context) (missing []error) {
	if _, err := parts.Chromium(); err != nil {
		missing = append(missing, err)
	}
	for _, name := range []string{"sqlite3", "strace", "systemd-analyze", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, fmt.Errorf("%s is not installed", name))
		}
	}
	if os.Getenv(dynamolocal.EndpointEnv) == "" {
		if _, err := dynamolocal.Fetch(ctx); err != nil {
			missing = append(missing, err)
		}
	}
	return missing
}
