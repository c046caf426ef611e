package browser

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
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

// shy is a page whose buttons change places under the first press.
const shy = `<!doctype html><link rel="icon" href="data:,"><style>button { display: block; width: 9em }</style>
<p id="said"></p><button>Other</button><button>Shy</button>
<script>
  const said = document.getElementById("said"), [other, own] = document.querySelectorAll("button");
  for (const one of [other, own]) one.onclick = () => said.append(one.innerText, " is pressed");
  addEventListener("pointerdown", () => own.after(other), { once: true });
</script>`

func TestHarness_elementThatMovesUnderAPress_isPressedAgain(t *testing.T) {
	t.Parallel()
	tab := plainSite(t, shy, "no-referrer").person().open("/")
	tab.click(button("Shy"))
	tab.sees("Shy is pressed")
	tab.seesNot("Other is pressed")
}

// A test that looks away would prove nothing.
func TestHarness_whatNoPageMayDo_isNoticed(t *testing.T) {
	t.Parallel()
	const elsewhere = "http://127.0.0.1:9/elsewhere"
	for policy, wanted := range map[string]map[string]string{
		"no-referrer": {
			"console.error: woe":                         `console.error("woe")`,
			"exception: Uncaught Error: alas":            `setTimeout(() => { throw new Error("alas") })`,
			"Error: promised":                            `Promise.reject(new Error("promised"))`,
			"/missing: HTTP 404":                         `fetch("/missing")`,
			"a request to another server: " + elsewhere:  `fetch("` + elsewhere + `").catch(() => {})`,
			"Content Security Policy":                    `new Image().src = "/picture.png"`,
			"a window of the browser: woe":               `setTimeout(() => alert("woe"))`,
			"the address of a request: the output holds": `fetch("/?token=` + ident.NewKey().String() + `")`,
		},
		"same-origin": {"a request with a Referer": `fetch("/?again")`},
	} {
		scripts := slices.Collect(maps.Values(wanted))
		tab := plainSite(t, `<!doctype html><link rel="icon" href="data:,"><script>`+strings.Join(scripts, ";")+`</script>`,
			policy).person().open("/")
		tab.expects(".")
		for want := range wanted {
			await(t, func() string { return "the problem " + want }, func() bool {
				tab.mu.Lock()
				defer tab.mu.Unlock()
				return strings.Contains(strings.Join(tab.problems, "\n"), want)
			})
		}
		if found := tab.unexpected(); len(found) > 0 {
			t.Errorf("declared, but not taken for that: %q", found)
		}
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
