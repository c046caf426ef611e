// Command fetch looks for what the tests drive, and fetches what they need beside programs of
// the machine. It says before each download what it fetches, and what is missing and is
// skipped; with CI=true that is a failure.
package main

import (
	"context"
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
	missing := fetch(ctx)
	for _, err := range missing {
		fmt.Println("Missing, and skipped by the tests:", err)
	}
	if len(missing) > 0 && os.Getenv("CI") == "true" || ctx.Err() != nil {
		os.Exit(1)
	}
}

func fetch(ctx context.Context) (missing []error) {
	note := func(err error) {
		if err != nil {
			missing = append(missing, err)
		}
	}
	_, err := parts.Chromium()
	note(err)
	for _, name := range []string{"sqlite3", "strace", "systemd-analyze", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			note(fmt.Errorf("%s is not installed", name))
		}
	}
	if os.Getenv(dynamolocal.EndpointEnv) == "" {
		_, err := dynamolocal.Fetch(ctx)
		note(err)
	}
	for _, part := range parts.All() {
		note(part.Fetch(ctx, os.Stdout))
	}
	return missing
}
