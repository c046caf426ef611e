package browser

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

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
			chromedp.Flag("renderer-process-limit", "1"), // for each person; the start of one is half of a page
			chromedp.Flag("in-process-gpu", true),        // what is drawn goes to no process of its own: a tenth of all
			// As in a browser with windows, a frame of another origin has a process. The headless shell shares one.
			chromedp.Flag("site-per-process", true),
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
	path, err := parts.Chromium()
	if err != nil {
		parts.Missing(t, "%v", err)
	}
	return path
}
