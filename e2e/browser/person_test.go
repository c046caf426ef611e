package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// person is somebody at a browser of their own: nobody else sees its storage.
type person struct {
	t       *testing.T
	at      *server
	profile cdp.BrowserContextID
}

// person gives a person a browser, in which nothing is stored yet.
func (s *server) person() *person {
	s.t.Helper()
	ctx := launched(s.t)
	made, err := chromedp.CallBrowser(ctx, target.CreateBrowserContext, target.CreateBrowserContextParams{
		ProxyServer: s.proxy, ProxyBypassList: "<-loopback>", // else no proxy is used on the machine itself
	})
	if err != nil {
		s.t.Fatal(err)
	}
	p := &person{t: s.t, at: s, profile: made.BrowserContextID}
	s.t.Cleanup(func() {
		_, err := chromedp.CallBrowser(ctx, target.DisposeBrowserContext,
			target.DisposeBrowserContextParams{BrowserContextID: p.profile})
		if err != nil {
			s.t.Error(err)
		}
	})
	return p
}

// grants lets the pages of the server do what a browser asks its user about, such as
// "notifications" or "clipboard-read".
func (p *person) grants(permissions ...string) {
	p.t.Helper()
	for _, name := range permissions {
		_, err := chromedp.CallBrowser(launched(p.t), browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: "granted", Origin: p.at.root,
			BrowserContextID: p.profile,
		})
		if err != nil {
			p.t.Fatalf("%s: %v", name, err)
		}
	}
}

// tab is one page that a person has open.
type tab struct {
	*record
	t      *testing.T
	person *person
	ctx    context.Context
	judged int // states in which axe has looked at it
}

// open opens an address in a new tab: a whole one, or a path of the server. The window has
// 1,440 by 900 pixels.
func (p *person) open(address string) *tab {
	p.t.Helper()
	tab := p.tab()
	tab.look(1440, 900, "light")
	tab.visit(address)
	return tab
}

// tab makes an empty tab. It is judged when the test ends.
func (p *person) tab() *tab {
	p.t.Helper()
	return p.tabOf(chromedp.WithExistingBrowserContext(p.profile))
}

// opens does something, and returns the tab that this has opened.
func (tab *tab) opens(act func()) *tab {
	tab.t.Helper()
	opened := chromedp.WaitNewTarget(tab.ctx, func(*target.Info) bool { return true })
	act()
	select {
	case id := <-opened:
		return tab.person.tabOf(chromedp.WithTargetID(id))
	case <-time.After(patience):
		tab.t.Fatal("no tab was opened")
		return nil
	}
}

func (p *person) tabOf(which chromedp.ContextOption) *tab {
	p.t.Helper()
	r := &record{origin: p.at.root}
	ctx, leave := chromedp.NewContext(launched(p.t), which, chromedp.WithListener(r.listen))
	tab := &tab{record: r, t: p.t, person: p, ctx: ctx}
	p.t.Cleanup(func() {
		tab.judge()
		leave()
	})
	if err := chromedp.Do(ctx); err != nil { // opens it; it lives as long as this context
		p.t.Fatal(err)
	}
	closeWindows(tab)
	do(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return tab
}

// closeWindows says no to each window of the browser that asks something, which would hold
// the page.
func closeWindows(tab *tab) {
	err := chromedp.Listen(tab.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			go func() { // a listener may call nothing
				_, err := chromedp.Call(tab.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
				if err != nil && tab.ctx.Err() == nil {
					tab.t.Error(err)
				}
			}()
		}
	})
	if err != nil {
		tab.t.Fatal(err)
	}
}

// do makes a call of the protocol that must not fail.
func do[P, R any](tab *tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// visit goes to an address, and returns when the page and its scripts are loaded.
func (tab *tab) visit(address string) {
	tab.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = tab.person.at.root + address
	}
	tab.run("open "+withoutFragment(address), chromedp.Navigate(address))
}

func withoutFragment(address string) string {
	before, _, _ := strings.Cut(address, "#")
	return before
}

// reload loads the page once more.
func (tab *tab) reload() {
	tab.t.Helper()
	tab.run("reload", chromedp.Reload())
}

// run does something that must not fail.
func (tab *tab) run(what string, action chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, action); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// look sets the size of the window and the colors, "light" or "dark". A narrow window is
// that of a phone.
func (tab *tab) look(width, height int64, colors string) {
	tab.t.Helper()
	do(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	do(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colors}},
	})
	tab.until("the window has its size", // Chromium answers earlier
		fmt.Sprintf("Math.abs(innerHeight * visualViewport.scale - %d) <= 1", height))
}

// offline takes the connection away, also that of what is under way, or gives it back.
func (tab *tab) offline(yes bool) {
	tab.t.Helper()
	var params network.EmulateNetworkConditionsByRuleParams
	if yes {
		params.MatchedNetworkConditions = []*network.Conditions{{Offline: true, DownloadThroughput: -1,
			UploadThroughput: -1}}
	}
	do(tab, network.EmulateNetworkConditionsByRule, params)
	do(tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1,
		UploadThroughput: -1})
}

// expects declares problems that the test provokes, by a regular expression.
func (tab *tab) expects(problem string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.expected = append(tab.expected, regexp.MustCompile(problem))
}

// evaluate returns the value of an expression in the page, which may be a promise.
func evaluate[T any](tab *tab, expression string) T {
	tab.t.Helper()
	value, err := tryEvaluate[T](tab, expression)
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func tryEvaluate[T any](tab *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until an expression is true in the page, and fails the test if it never is.
func (tab *tab) until(what, expression string) {
	tab.t.Helper()
	var last error
	await(tab.t, func() string { return fmt.Sprintf("%s (last: %v)", what, last) }, func() bool {
		var yes bool
		yes, last = tryEvaluate[bool](tab, "!!("+expression+")")
		return last == nil && yes
	})
}

// sees waits until the page shows a text.
func (tab *tab) sees(text string) {
	tab.t.Helper()
	tab.until("the page shows "+quoted(text), "document.body.innerText.includes("+quoted(text)+")")
}

// seesNot waits until the page no longer shows a text.
func (tab *tab) seesNot(text string) {
	tab.t.Helper()
	tab.until("the page does not show "+quoted(text), "!document.body.innerText.includes("+quoted(text)+")")
}

// text returns all that the page shows.
func (tab *tab) text() string {
	tab.t.Helper()
	return evaluate[string](tab, "document.body.innerText")
}

// quoted returns a text as JavaScript has it.
func quoted(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return err.Error() // never: every text is valid
	}
	return string(quoted)
}

// judge fails the test if the tab did what none may do, and then says how it looked.
func (tab *tab) judge() {
	for _, problem := range tab.unexpected() {
		tab.t.Errorf("%s", problem)
	}
	if !tab.t.Failed() {
		return
	}
	shown, err := tryEvaluate[string](tab, "location.origin + location.pathname + '\\n' + document.body.innerText")
	tab.t.Logf("the page shows (%v):\n%.3000s\nand said:\n%s", err, shown, strings.Join(tab.console, "\n"))
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	image, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "png"})
	if err == nil {
		file := filepath.Join(tab.t.ArtifactDir(), fmt.Sprintf("page-%p.png", tab))
		err = os.WriteFile(file, image.Data, 0o644)
		tab.t.Logf("a picture, kept with -artifacts: %s", file)
	}
	if err != nil {
		tab.t.Log(err)
	}
}

// await polls until ok holds, and fails the test if it does not within patience.
func await(t *testing.T, what func() string, ok func() bool) {
	t.Helper()
	pause := 10 * time.Millisecond
	for deadline := time.Now().Add(patience); !ok(); <-time.After(pause) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what())
		}
		pause = min(2*pause, 160*time.Millisecond) // to look takes the processor from what is waited for
	}
}
