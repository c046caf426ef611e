package browser

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// traced is an event of a trace, as the Trace Event Format has it.
type traced struct {
	Name    string `json:"name"`
	Process int    `json:"pid"`
	Thread  int    `json:"tid"`
	CPU     int    `json:"tdur"` // in microseconds
}

// longestTask does something, and returns the most time that one task of the page's main
// thread took of the processor, in milliseconds. How long a task lasts says how busy the
// machine is; this says what the page asks of it. One page at a time can be looked at.
func (tab *tab) longestTask(act func()) int {
	tab.t.Helper()
	var events []traced
	var failed error
	var mu sync.Mutex
	over := make(chan struct{})
	err := chromedp.Listen(tab.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			for _, value := range e.Value {
				var one traced
				if err := json.Unmarshal(value, &one); err != nil {
					failed = err
				}
				if one.Name == "RunTask" || one.Name == thisPage {
					events = append(events, one)
				}
			}
		case *tracing.EventTracingComplete:
			if e.DataLossOccurred {
				failed = errors.New("the trace is not whole")
			}
			close(over)
		}
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	do(tab, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
		IncludedCategories: []string{"disabled-by-default-devtools.timeline", "blink.user_timing"},
		ExcludedCategories: []string{"*"},
	}})
	act()
	evaluate[*bool](tab, "void performance.mark("+quoted(thisPage)+")")
	do(tab, tracing.End, cdp.Empty{})
	await(tab.t, func() string { return "the trace is there" }, func() bool {
		select {
		case <-over:
			return true
		default:
			return false
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if failed != nil {
		tab.t.Fatal(failed)
	}
	return longestOf(tab, events)
}

// thisPage marks the thread of a page in a trace, which has those of the whole browser.
const thisPage = "the page that is looked at"

func longestOf(tab *tab, events []traced) int {
	tab.t.Helper()
	at := slices.IndexFunc(events, func(e traced) bool { return e.Name == thisPage })
	if at < 0 {
		tab.t.Fatal("the trace has nothing of the page")
	}
	longest, tasks := 0, 0
	for _, e := range events {
		if e.Name == "RunTask" && e.Process == events[at].Process && e.Thread == events[at].Thread {
			longest, tasks = max(longest, e.CPU), tasks+1
		}
	}
	if longest == 0 {
		tab.t.Fatalf("the trace has %d tasks of the page, and no time of any", tasks)
	}
	tab.t.Logf("the longest of %d tasks took %d ms", tasks, longest/1000)
	return longest / 1000
}
