package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
)

// soon is within which a page shows what is said, here and in other rooms, on one machine.
const soon = 3 * time.Second

// within checks something that must be so that soon after the call.
func (tab *tab) within(most time.Duration, what string, check func()) {
	tab.t.Helper()
	began := time.Now()
	check()
	if took := time.Since(began); took > most {
		tab.t.Errorf("%s: it took %v", what, took)
	}
}

// counts waits until the title says that so many things need the person.
func (tab *tab) counts(n int) {
	tab.t.Helper()
	tab.until(fmt.Sprint("the title counts ", n), fmt.Sprintf(`document.title.startsWith("(%d) ")`, n))
}

// A browser has six connections to a server, and each tab in sight waits on one.
func TestTabs_sixInSight_theSixthShowsItsWords(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	p := s.person()
	for n := range 6 {
		room := fmt.Sprint("Room ", n)
		ann, bo := s.agent(room, "Ann"), s.agent(room, "Bo")
		bo.says("The kettle is on")
		tab := p.tab()
		tab.look(1440, 900, "light")
		tab.within(soon, "what was said", func() {
			tab.visit(ann.watch)
			tab.sees("The kettle is on")
		})
		tab.within(soon, "what is said", func() {
			bo.says("Tea is ready")
			tab.sees("Tea is ready")
		})
	}
}

// asker returns the tab that asks for news of all rooms.
func asker(t *testing.T, tabs []*tab) (which int) {
	t.Helper()
	await(t, func() string { return "a tab asks for news" }, func() bool {
		which = slices.IndexFunc(tabs, func(tab *tab) bool {
			all := tab.requested("/v1/news")
			return len(all) > 0 && !all[len(all)-1].done
		})
		return which >= 0
	})
	return which
}

func TestTabs_theOneThatAsksForAll_isClosed_anotherTakesOver(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	p := s.person()
	harbor, bo := s.agent("Harbor", "Ann"), s.agent("Harbor", "Bo")
	mill := s.agent("Mill", "Ann")
	tabs := []*tab{p.open(harbor.watch)}
	tabs[0].is(css(textArea))
	tabs[0].visit(mill.watch)
	tabs[0].is(css(textArea))
	for range 2 {
		tabs = append(tabs, p.open("/"))
	}
	for n := 1; ; n++ {
		tabs[0].within(soon, fmt.Sprint("question ", n), func() {
			bo.says(fmt.Sprint("Question ", n), args{"kind": "request", "ask": []string{"Ann"}})
			for _, tab := range tabs {
				tab.counts(n)
			}
		})
		if len(tabs) == 1 {
			return
		}
		which := asker(t, tabs)
		do(tabs[which], page.Close, cdp.Empty{})
		tabs = slices.Delete(tabs, which, which+1)
	}
}

// The program has started anew, as it has forgotten a room where nobody spoke for an hour.
func TestNews_ofAQuietRoomUnderAFlood_showsSoon(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	p := s.person()
	tab := p.tab()
	tab.look(1440, 900, "light")
	quiet, asks := s.agent("Quiet", "Ann"), s.agent("Quiet", "Bo")
	for _, a := range []*agent{quiet, s.agent("Flood", "Ann")} {
		tab.visit(a.watch)
		tab.is(css(textArea))
	}
	flood := s.agent("Flood", "Bo")
	tab.visit("/")
	s.kill()
	tab.expects("ERR_|HTTP 5")
	s.again()
	n := 0
	shows := func(what string) {
		t.Helper()
		n++
		tab.within(soon, what, func() {
			text := fmt.Sprint("Question ", n)
			asks.says(text, args{"kind": "request", "ask": []string{"Ann"}})
			tab.counts(n)
			tab.sees(text)
		})
	}
	tab.reload()
	tab.is(hyper("Quiet"))
	for range 3 {
		shows("in a quiet room")
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for k := 0; ; k++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				_, _ = flood.try("send_message", args{"text": fmt.Sprint("Water ", k)})
			}
		}
	}()
	tab.sees("Water ")
	for range 3 {
		shows("under a flood")
	}
	close(stop)
	<-ended

	// The first number that a tab shows is the last that was known, and the second the true one.
	const titles = `window.titles = []; new MutationObserver(() => {
	  const said = document.title.match(/^\((\d+)\)/)?.[1];
	  if (said && said !== titles.at(-1)) titles.push(said);
	}).observe(document, { subtree: true, childList: true, characterData: true })`
	do(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: titles})
	tab.visit("about:blank")
	for range 4 {
		n++
		asks.says(fmt.Sprint("Question ", n), args{"kind": "request", "ask": []string{"Ann"}})
	}
	tab.visit("/")
	tab.counts(n)
	if got, want := evaluate[string](tab, "titles.join()"), fmt.Sprintf("%d,%d", n-4, n); got != want {
		t.Errorf("the title counts %s, want %s", strings.ReplaceAll(got, ",", ", then "), want)
	}
}
