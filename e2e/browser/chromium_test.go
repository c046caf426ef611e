package browser

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// chromiumEnv is the path of the browser, if it is none of the usual ones.
const chromiumEnv = "PARLEY_CHROMIUM"

// chromium is the one browser of all tests of the process. Its first use starts it.
var chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

// launched returns the context of the browser. Where there is none the test is skipped,
// or fails if CI=true.
func launched(t testing.TB) context.Context {
	t.Helper()
	path := findChromium(t)
	chromium.once.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.DisableGPU,
			chromedp.Flag("lang", "en-US"), chromedp.Flag("hide-scrollbars", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("font-render-hinting", "none"),
			chromedp.IgnoreCertErrors, // of the Function URL on the loopback
			// Nothing leaves the machine, whatever a page or the browser itself asks for.
			chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		)
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // which root cannot have
		}
		allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, quit := chromedp.NewContext(allocated)
		chromium.ctx, chromium.stop = ctx, func() { quit(); stop() }
		chromium.err = chromedp.Do(ctx) // which starts it
	})
	if chromium.err != nil {
		t.Fatalf("start %s: %v", path, chromium.err)
	}
	return chromium.ctx
}

// stopChromium ends the browser, if one was started, and removes its profile.
func stopChromium() {
	if chromium.stop != nil {
		chromium.stop()
	}
}

func findChromium(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: real clients and tools are left out")
	}
	if path := os.Getenv(chromiumEnv); path != "" {
		return path
	}
	// The headless shell is the same engine without the windows around it: Debian builds it
	// from the same source, and a test takes less than half of the processor.
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	parts.Missing(t, "Chromium is not installed, or set %s to its path: it shows the page", chromiumEnv)
	return ""
}
