package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/ident"
)

// plain is a page that is none of Parley's. It tries the hands and eyes of these tests.
const plain = `<!doctype html><title>plain</title><link rel="icon" href="data:,">
<label>Name <input id="name"></label>
<button id="hello" onclick="said.textContent = 'Hello, ' + who.value">Greet</button>
<button disabled>Sleep</button>
<ul><li><button onclick="said.textContent = 'first'">Pick</button><li><button onclick="said.textContent = 'second'">Pick</button></ul>
<p id="said"></p><p hidden id="gone">Hidden</p>
<button onclick="navigator.clipboard.writeText('a copy')">Copy</button>
<a download="note.txt" href="data:text/plain,kept">Save</a>
<script>const who = document.getElementById("name"), said = document.getElementById("said");</script>`

// plainSite serves a page at / with a header, and beside it what handle has.
func plainSite(t *testing.T, page, policy string) *server {
	t.Helper()
	launched(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Referrer-Policy", policy)
		w.Header().Set("Content-Security-Policy", "img-src data:")
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(site.Close)
	return &server{t: t, root: site.URL}
}

func TestHarness_hands_workAsThoseOfAPerson(t *testing.T) {
	t.Parallel()
	tab := plainSite(t, plain, "no-referrer").person().open("/")
	tab.fill(field("Name"), "nobody")
	tab.fill(field("Name"), "Ann")
	tab.click(button("Greet"))
	tab.sees("Hello, Ann")
	tab.press("Shift+Tab")
	tab.types("Eve")
	tab.press("Tab", "Enter")
	tab.sees("Hello, Eve")
	tab.click(button("Pick").nth(1))
	tab.sees("second")
	tab.click(button("Pick").in("li:first-child"))
	tab.sees("first")
	tab.seesNot("second")
	tab.is(css("#said"))
	tab.isNot(css("#gone"))
	tab.isNot(hyper("Nowhere"))
	tab.is(role("textbox", "Name"))
	if got := tab.copied(func() { tab.click(button("Copy")) }); got != "a copy" {
		t.Errorf("copied %q", got)
	}
	name, content := tab.saved(func() { tab.click(hyper("Save")) })
	if name != "note.txt" || string(content) != "kept" {
		t.Errorf("saved %q in %s", content, name)
	}
	tab.reload()
	tab.seesNot("first")
	if text := tab.text(); !strings.Contains(text, "Greet") {
		t.Errorf("the page shows %q", text)
	}
}

// A test that looks away would prove nothing.
func TestHarness_whatNoPageMayDo_isNoticed(t *testing.T) {
	t.Parallel()
	const elsewhere = "http://127.0.0.1:9/elsewhere"
	for name, c := range map[string]struct{ script, policy, want string }{
		"error in the console": {`console.error("woe")`, "no-referrer", "console.error: woe"},
		"exception": {`setTimeout(() => { throw new Error("woe") })`, "no-referrer",
			"exception: Uncaught Error: woe"},
		"rejected promise":   {`Promise.reject(new Error("woe"))`, "no-referrer", "Error: woe"},
		"request that fails": {`fetch("/missing")`, "no-referrer", "/missing: HTTP 404"},
		"request to another server": {`fetch("` + elsewhere + `").catch(() => {})`, "no-referrer",
			"a request to another server: " + elsewhere},
		"request with a Referer":  {`fetch("/?again")`, "same-origin", "a request with a Referer"},
		"violation of the policy": {`new Image().src = "/picture.png"`, "no-referrer", "Content Security Policy"},
		"window of the browser":   {`setTimeout(() => alert("woe"))`, "no-referrer", "a window of the browser: woe"},
		"secret in the address": {`fetch("/?token=` + ident.NewKey().String() + `")`, "no-referrer",
			"the address of a request: the output holds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := plainSite(t, `<!doctype html><link rel="icon" href="data:,"><script>`+c.script+`</script>`,
				c.policy).person().open("/")
			tab.expects(".")
			await(t, func() string { return "the problem " + c.want }, func() bool {
				tab.mu.Lock()
				defer tab.mu.Unlock()
				return slices.ContainsFunc(tab.problems,
					func(problem string) bool { return strings.Contains(problem, c.want) })
			})
			if found := tab.unexpected(); len(found) > 0 {
				t.Errorf("declared, but not taken for that: %q", found)
			}
		})
	}
}

func TestHarness_offline_endsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	tab := plainSite(t, plain, "no-referrer").person().open("/")
	tab.expects("ERR_INTERNET_DISCONNECTED")
	const reached = `fetch("/?again").then(() => true, () => false)`
	tab.offline(true)
	if evaluate[bool](tab, reached) || evaluate[bool](tab, "navigator.onLine") {
		t.Error("the page is still connected")
	}
	tab.offline(false)
	if !evaluate[bool](tab, reached) || !evaluate[bool](tab, "navigator.onLine") {
		t.Error("the page is not connected again")
	}
	if asked := tab.requested("/?again"); len(asked) != 2 || asked[1].status != http.StatusOK {
		t.Errorf("the page made %+v", asked)
	}
}
