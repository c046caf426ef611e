package browser

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"github.com/parley-chat/parley/internal/testkit/s3local"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// stranger serves a page of somebody else. Its host is not of this machine, as far as anybody
// can see: a local server trusts pages of this machine.
func stranger(t *testing.T, page string) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><link rel="icon" href="data:,">`+page)
	}))
	t.Cleanup(site.Close)
	return strings.Replace(site.URL, "127.0.0.1", "stranger.test", 1)
}

func TestSafety_page_makesNoHTMLOfTexts_andThoseOfOthersNeitherFrameNorCallIt(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	ann := s.person()
	own := ann.open(ada.watch)
	own.sees("The bridge") // so the browser holds a token
	own.expects("TrustedHTML|TrustedScript|Trusted ?Type|Content Security Policy")
	for _, sink := range []string{
		`document.body.innerHTML = "<p>"`, `document.body.insertAdjacentHTML("beforeend", "<p>")`,
		`document.write("<p>")`,
		`new DOMParser().parseFromString("<p>", "text/html")`, `document.createElement("iframe").srcdoc = "<p>"`,
		`document.createElement("script").text = "1"`, `document.createElement("script").src = "x.js"`,
		`trustedTypes.createPolicy("mine", {})`,
	} {
		if how := evaluate[string](own, "(() => { try { "+sink+
			"; return 'done'; } catch (e) { return e.name; } })()"); how != "TypeError" {
			t.Errorf("%s: %s, want a TypeError", sink, how)
		}
	}
	room := s.root + "/r/" + ada.token[:7]
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join_room","arguments":{"room":"The bridge","agent_name":"Eve"}}}`
	tab := ann.tab()
	tab.expects("another server|ERR_BLOCKED_BY_RESPONSE|CORS|HTTP 403|HTTP 415|Referer|X-Frame-Options|Content " +
		"Security Policy|ERR_FAILED|frame-ancestors|Framing|form-action")
	tab.visit(stranger(t, `<iframe name="frame" src="`+room+`"></iframe>`))
	// The frame holds a page of errors, which is of nobody: it can be neither read nor is it the room.
	tab.until("the frame is refused",
		`(() => { try { return frames[0].document.body === null; } catch { return true; } })()`)
	for _, q := range tab.requested(room) {
		if policy := q.headers["content-security-policy"]; q.status != 0 &&
			!strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("the frame was answered with the policy %q", policy)
		}
	}
	for kind, headers := range map[string]string{
		"as JSON": `"Content-Type": "application/json"`, "without a preflight": `"Content-Type": "text/plain"`,
	} {
		for _, mode := range []string{"cors", "no-cors"} {
			tab.until("a call "+kind+", "+mode, fmt.Sprintf(
				`fetch(%q, { method: "POST", mode: %q, headers: { %s, Accept: "application/json, text/event-stream" }, body: %s }).then((a) => a.text()).then((text) => text === "", () => true)`,
				s.root+"/mcp", mode, headers, quoted(call)))
		}
	}
	evaluate[*bool](tab, fmt.Sprintf(`(() => {
	  const form = Object.assign(document.createElement("form"), { method: "POST", action: %q, enctype: "text/plain", target: "_blank" });
	  form.append(Object.assign(document.createElement("input"), { name: %s, value: "" }));
	  document.body.append(form);
	  form.submit();
	  return null;
	})()`, s.root+"/mcp", quoted(call)))
	tab.until("a window that was opened is out of reach", fmt.Sprintf(`(async () => {
	  const other = window.open(%q);
	  for (let n = 0; n < 100 && other && !other.closed; n++) await new Promise((done) => setTimeout(done, 100));
	  return !other || other.closed;
	})()`, room))
	for _, a := range ada.call("room_info", nil).Room.Agents {
		if a.Name != "Ada" {
			t.Errorf("%s came in", a.Name)
		}
	}
}

// Two people and their agents talk where the server has a table, and where it is a function. The page comes in
// one round trip after its document, which has the policy, and secrets stand in the storage of the browser alone.
func TestSafety_conversation_isHeldOnDynamoDBAsWell(t *testing.T) {
	t.Parallel()
	t.Run("table", func(t *testing.T) {
		t.Parallel()
		c := meet(t, onTable(t))
		c.safely(c.speak)
		c.sharesNothing()
	})
	t.Run("lambda", func(t *testing.T) {
		t.Parallel()
		launched(t)
		bucket := s3local.Start(t)
		c := meet(t, onLambda(t, "PARLEY_FILES_BUCKET="+bucket.Bucket, "AWS_ENDPOINT_URL_S3="+bucket.Endpoint,
			"AWS_SESSION_TOKEN=")) // the gateway has no sessions
		c.safely(func() {
			c.speak()
			c.note()
			c.pause()
		})
		c.sharesSmallFiles(bucket)
	})
}

// safely lets people talk, and then goes to the first page and back.
func (c *meeting) safely(talk func()) {
	c.t.Helper()
	c.ann.loadedLittle()
	talk()
	c.ann.showsNoSecret()
	before := c.ann.requested("/assets/")
	documents := len(c.ann.documents())
	for _, name := range []string{"/later.js", "/shared.js"} {
		if late := c.ann.requested(name); len(late) != documents {
			c.t.Errorf("%s was asked for %d times by %d documents", name, len(late), documents)
		}
	}
	for _, name := range []string{"/setup.js", "/home.js", "/landing.js", "/pages.js", "/qr.js"} {
		if unasked := c.ann.requested(name); len(unasked) > 0 {
			c.t.Errorf("a room loads %+v", unasked)
		}
	}
	c.ann.visit("/")
	c.ann.is(css("h1"))
	for _, q := range c.ann.requested("/assets/")[len(before):] {
		// A browser with windows wants the icon for each tab. Chromium keeps no icon that came over a certificate which
		// it does not trust, as that of the Function URL here.
		if q.bytes > 0 && !slices.Contains([]string{"icon.svg", "home.js", "landing.js"}, path.Base(q.url)) {
			c.t.Errorf("%s was loaded again: %v bytes", q.url, q.bytes)
		}
	}
	c.ann.documentsHavePolicy(documents + 1)
	c.ann.visit("/r/" + c.ada.token[:7])
	c.ann.is(css(textArea))
}

// sharesNothing has Ann send a file where the server has no bucket: the page says so, keeps the words that go
// with it in sight, and asks for no bytes.
func (c *meeting) sharesNothing() {
	c.t.Helper()
	c.ann.picks(".compose input[type=file]", c.ann.kept(map[string][]byte{"plan.txt": []byte("steel")})...)
	c.ann.types("Look at this")
	c.ann.sends()
	c.ann.sees("The server accepts no files")
	c.ann.sees("Look at this")
	c.ann.click(button("Discard"))
	c.ann.isNot(css(".log .file"))
	c.ann.says("The plan is steel.")
	c.bo.hearsText("The plan is steel.")
}

// sharesSmallFiles has Ann send files through the function, which takes at most 4 MiB, each as one event: the
// page shows pictures from there, and tells a person of what is larger.
func (c *meeting) sharesSmallFiles(bucket *s3local.Server) {
	c.t.Helper()
	large := bytes.Repeat([]byte("x"), 4<<20)
	c.ann.picks(".compose input[type=file]", c.ann.kept(map[string][]byte{
		"1.png": encoded(c.t, drawn(300, 200), "png"), "2.bin": large, "3.bin": append(large, 'x')})...)
	c.ann.sees("Couldn't attach 3.bin. It's too large. The limit is 4 MB.")
	c.ann.sends()
	c.bo.hearsFile("2.bin")
	c.ann.pictures(1)
	whole := 0
	for _, content := range bucket.Objects(c.t) {
		if bytes.Equal(content, large) {
			whole++
		}
	}
	if n := len(bucket.Objects(c.t)); n != 2 || whole != 1 {
		c.t.Errorf("the bucket has %d objects, %d of them the file of 4 MiB", n, whole)
	}
}

// hasAll waits until what a room loads behind the first view has come.
func (tab *tab) hasAll() {
	tab.t.Helper()
	tab.until("what follows is loaded", `["/later.js", "/shared.js"].every((name) =>
	  performance.getEntriesByType("resource").some((one) => one.name.endsWith(name) && one.responseEnd > 0))`)
}

// loadedLittle judges the first view: the document, what that names, and what the scripts then ask of MCP. Behind it
// the page loads its dialogs: the whole of a first visit has a limit, too.
func (tab *tab) loadedLittle() {
	tab.t.Helper()
	const limit, later, visit = 133 << 10, 36_500, 170 << 10 // a room without its pictures
	tab.hasAll()
	root := tab.person.at.root
	var whole, behind float64
	assets := 0
	for _, q := range tab.requested(root) {
		if q.kind == "Script" && q.initiator.Type == network.InitiatorTypeScript {
			behind += q.bytes
			continue
		}
		// a wait that is open counts for nothing yet
		whole += q.bytes
		if !strings.Contains(q.url, "/assets/") || strings.HasSuffix(q.url, ".svg") { // the browser's own wish
			continue
		}
		assets++
		named := q.initiator.Type == network.InitiatorTypeParser && strings.HasPrefix(q.initiator.URL, root+"/r/")
		if !named {
			tab.t.Errorf("%s was found by %s %s, want by the document", q.url, q.initiator.Type, q.initiator.URL)
		}
		if !slices.Contains([]string{"gzip", "br", "zstd"}, q.headers["content-encoding"]) && q.bytes > 2_000 {
			tab.t.Errorf("%s: %v bytes, not compressed", q.url, q.bytes)
		}
	}
	if whole == 0 || whole > limit || assets == 0 {
		tab.t.Errorf("%v bytes on the wire for %d assets, at most %d", whole, assets, limit)
	}
	tab.t.Logf("the first view has %.0f bytes, and %.0f come behind", whole, behind)
	if behind == 0 || behind > later || whole+behind > visit {
		tab.t.Errorf("%v bytes behind the first view, at most %d; %v with it, at most %d", behind, later,
			whole+behind, visit)
	}
}

// loadedLittleAtHome judges what / loads behind its first view, from the server or what the browser has kept of it.
func (tab *tab) loadedLittleAtHome() {
	tab.t.Helper()
	const limit = 26_000
	loaded := evaluate[map[string]int](tab, `Object.fromEntries(performance.getEntriesByType("resource")
	  .filter(({ name }) => /\.js$/.test(name) && !/\/(begin|main)\.js$/.test(name))
	  .map((one) => [one.name.replace(/.*\//, ""), one.encodedBodySize]))`)
	sum := 0
	for _, size := range loaded {
		sum += size
	}
	if len(loaded) != 3 || loaded["home.js"] == 0 || sum > limit {
		tab.t.Errorf("behind its first view / loads %v, want home.js and two more, at most %d bytes", loaded, limit)
	}
}

// showsNoSecret fails the test for a secret that stands anywhere but in localStorage.
func (tab *tab) showsNoSecret() {
	tab.t.Helper()
	address := evaluate[string](tab, "location.href")
	if err := secretscan.Find(address); err != nil || strings.Contains(address, "#") {
		tab.t.Errorf("the address is %s: %v", withoutFragment(address), err)
	}
	shown := evaluate[string](tab,
		`[document.documentElement.outerHTML, location.href, document.cookie, document.referrer,
	  JSON.stringify(history.state), JSON.stringify(sessionStorage), name].join(" ")`)
	if err := secretscan.Find(shown); err != nil {
		tab.t.Errorf("outside of localStorage: %v", err)
	}
	if stored := evaluate[string](tab, "JSON.stringify(localStorage)"); secretscan.Find(stored) == nil {
		tab.t.Errorf("localStorage has no token: %s", stored)
	}
	if made := evaluate[int](tab, "navigator.serviceWorker.getRegistrations().then((all) => all.length)"); made > 0 {
		tab.t.Error("there is a service worker")
	}
}

// documents returns the requests for documents of the server.
func (tab *tab) documents() (found []request) {
	for _, q := range tab.requested(tab.person.at.root) {
		if q.kind == "Document" {
			found = append(found, q)
		}
	}
	return found
}

// documentsHavePolicy judges the headers of the documents that the tab has loaded.
func (tab *tab) documentsHavePolicy(count int) {
	tab.t.Helper()
	const want = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; " +
		"require-trusted-types-for 'script'; trusted-types worker"
	documents := tab.documents()
	for _, q := range documents {
		for name, value := range map[string]string{
			"content-security-policy": want, "referrer-policy": "no-referrer", "x-robots-tag": "noindex",
			"x-content-type-options": "nosniff", "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
		} {
			if q.headers[name] != value {
				tab.t.Errorf("%s: %s is %q, want %q", q.url, name, q.headers[name], value)
			}
		}
	}
	if len(documents) != count {
		tab.t.Errorf("%d documents were loaded, want %d", len(documents), count)
	}
}
