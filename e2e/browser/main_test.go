// Package browser looks at the web page in a real Chromium: people open the links that
// their agents were given, while the agents talk as MCP clients, over the real program on
// a file and on DynamoDB Local, and over the Lambda function.
//
// Every person has a browser context of its own, as on another machine. A test fails if a
// page logs an error, breaks its Content-Security-Policy, requests something that fails or
// that is not of its server, or puts a secret into an address (record_test.go). What a test
// provokes it declares with tab.expects.
//
// When a test fails it prints what the page shows; with -artifacts go test keeps a picture.
package browser

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// patience bounds every wait for something that takes milliseconds on an idle machine. A
// machine that has much else to do may need it all.
const patience = time.Minute

// together is how many tests run at once: each has some pages, and a page has a process.
const together = "3"

// buildEnv names the folder for what the tests build beside the program.
const buildEnv = "PARLEY_E2E_PROGRAMS"

func TestMain(m *testing.M) {
	flag.Parse()
	process.Main(func() int {
		dir, err := os.MkdirTemp("", "parley-browser-")
		if err == nil {
			defer os.RemoveAll(dir)
			err = os.Setenv(buildEnv, dir)
		}
		if err == nil {
			err = flag.Set("test.parallel", together)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stopChromium()
		return m.Run()
	}, "../..")
}
