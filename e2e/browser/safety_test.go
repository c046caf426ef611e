package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/leaks"
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

func TestSafety_pagesOfOthers_neitherFrameNorCallThePage(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	ann := s.person()
	ann.open(ada.watch).sees("The bridge") // so the browser holds a token
	room := s.root + "/r/" + ada.token[:7]
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join_room","arguments":{"room":"The bridge","agent_name":"Eve"}}}`
	tab := ann.tab()
	tab.expects("another server|ERR_BLOCKED_BY_RESPONSE|CORS|HTTP 403|HTTP 415|Referer|X-Frame-Options|Content Security Policy|ERR_FAILED|frame-ancestors|Framing|form-action")
	tab.visit(stranger(t, `<iframe name="frame" src="`+room+`"></iframe>`))
	// The frame holds a page of errors, which is of nobody: it can be neither read nor is it the room.
	tab.until("the frame is refused", `(() => { try { return frames[0].document.body === null; } catch { return true; } })()`)
	for _, q := range tab.requested(room) {
		if policy := q.headers["content-security-policy"]; q.status != 0 && !strings.Contains(policy, "frame-ancestors 'none'") {
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

func TestSafety_secrets_areInTheStorageAlone(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *server) {
		ada := s.agent("The bridge", "Ada")
		tab := s.person().open(ada.watch)
		tab.sees("The bridge")
		tab.says("Where do you keep it?")
		ada.hearsText("Where do you keep it?")
		shown := evaluate[string](tab, `[document.documentElement.outerHTML, location.href, document.cookie, document.referrer,
		  JSON.stringify(history.state), JSON.stringify(sessionStorage), name].join(" ")`)
		if err := leaks.Find(shown); err != nil {
			t.Errorf("outside of localStorage: %v", err)
		}
		if stored := evaluate[string](tab, "JSON.stringify(localStorage)"); leaks.Find(stored) == nil {
			t.Errorf("localStorage has no token: %s", stored)
		}
		if made := evaluate[int](tab, "navigator.serviceWorker.getRegistrations().then((all) => all.length)"); made > 0 {
			t.Error("there is a service worker")
		}
	})
}

func TestSafety_page_makesNoHTMLOfTexts(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open(s.agent("The bridge", "Ada").watch)
	tab.sees("The bridge")
	tab.expects("TrustedHTML|TrustedScript|Trusted ?Type|Content Security Policy")
	for _, sink := range []string{
		`document.body.innerHTML = "<p>"`, `document.body.insertAdjacentHTML("beforeend", "<p>")`, `document.write("<p>")`,
		`new DOMParser().parseFromString("<p>", "text/html")`, `document.createElement("iframe").srcdoc = "<p>"`,
		`document.createElement("script").text = "1"`, `document.createElement("script").src = "x.js"`, `trustedTypes.createPolicy("mine", {})`,
	} {
		if how := evaluate[string](tab, "(() => { try { "+sink+"; return 'done'; } catch (e) { return e.name; } })()"); how != "TypeError" {
			t.Errorf("%s: %s, want a TypeError", sink, how)
		}
	}
}

func TestSafety_policy_isThatOfEveryDocument(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *server) {
		ada := s.agent("The bridge", "Ada")
		tab := s.person().open(ada.watch)
		tab.sees("The bridge")
		tab.visit("/")
		tab.is(css("h1"))
		const want = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
		documents := 0
		for _, q := range tab.requested(s.root) {
			if q.kind != "Document" {
				continue
			}
			documents++
			for name, value := range map[string]string{
				"content-security-policy": want, "referrer-policy": "no-referrer", "x-robots-tag": "noindex",
				"x-content-type-options": "nosniff", "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
			} {
				if q.headers[name] != value {
					t.Errorf("%s: %s is %q, want %q", q.url, name, q.headers[name], value)
				}
			}
		}
		if documents != 2 {
			t.Errorf("%d documents were loaded, want 2", documents)
		}
	})
}
