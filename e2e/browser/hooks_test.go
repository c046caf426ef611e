package browser

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// called is a client that cannot wait, and is called at an address of this machine.
type called struct {
	s    *server
	url  string
	host string
	down atomic.Bool   // it answers that it is down
	came chan struct{} // one for each call
}

func (s *server) called() *called {
	s.t.Helper()
	c := &called{s: s, came: make(chan struct{}, 100)}
	site := httptest.NewServer(c)
	s.t.Cleanup(site.Close)
	c.url, c.host = site.URL+"/callback?secret=hush", strings.TrimPrefix(site.URL, "http://")
	return c
}

func (c *called) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Type, Challenge string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &asked)
	if asked.Type == "verification" {
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": asked.Challenge})
		return
	}
	if c.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	c.came <- struct{}{}
}

// subscribes has the client called when there is news for an agent.
func (c *called) subscribes(a *agent) {
	c.s.t.Helper()
	params := args{"name": "room.message", "arguments": args{"agent_token": a.token}, "delivery": args{
		"mode": "webhook", "url": c.url, "secret": "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))},
		"_meta": args{"io.modelcontextprotocol/protocolVersion": "2026-07-28",
			"io.modelcontextprotocol/clientCapabilities": args{}}}
	body, err := json.Marshal(args{"jsonrpc": "2.0", "id": 1, "method": "events/subscribe", "params": params})
	if err != nil {
		c.s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.s.t.Context(), http.MethodPost, c.s.root+"/mcp", bytes.NewReader(body))
	if err != nil {
		c.s.t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "events/subscribe"} {
		r.Header.Set(name, value)
	}
	resp, err := c.s.http.Do(r)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(got), `"refreshBefore"`) {
		c.s.t.Fatalf("the subscription: %v %s", err, got)
	}
}

// What is called for a person's agent stands at its side with its host alone, says since when it fails, and ends
// there for good.
func TestSidebar_hook_isShownFailsAndIsEndedByThePerson(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	page, other := s.person().open(ada.watch), s.person().open(bo.watch)
	client := s.called()
	ada.call("wait_for_message", args{"cursor": ada.cursor, "wait_seconds": 0}) // so that nothing is new
	client.subscribes(ada)
	page.tells("Your agent's client turned on notifications")
	page.sees("Notifies " + client.host + " of everything new · since")
	page.isNot(css(".sidebar-fails"))
	client.down.Store(true)
	bo.says("Shall we paint it?")
	<-client.came
	page.sees("Calls to " + client.host + " failing since")
	page.sees("HTTP 503")
	page.showsHook()

	page.click(button("Stop calls to " + client.host))
	page.sees("It can subscribe again after at most a day")
	page.isAccessible(byDay, "what ends a hook", `document.querySelector("dialog")`)
	page.click(button("Stop calls").in(modal))
	page.tells("You stopped notifications to your agent's client")
	page.isNot(css(".sidebar-fails"))
	page.isNot(css(modal))
	page.until("the focus is beside what is gone", `document.activeElement.matches("summary")`)
	other.sees("Shall we paint it?")
	for _, tab := range []*tab{page, other} {
		tab.seesNot("hush")
	}
	other.seesNot("turned on notifications")
	if _, markdown := page.exported("Markdown, to read"); !strings.Contains(markdown,
		"· Your agent's client turned on notifications*") ||
		!strings.Contains(markdown, "· You stopped notifications to your agent's client*") {
		t.Errorf("the export: %s", markdown)
	}
}

// showsHook judges the side of a room on a phone and on a computer.
func (tab *tab) showsHook() {
	tab.t.Helper()
	for _, one := range byDay {
		tab.look(one.width, 780, one.colors)
		if one.width < 860 {
			tab.click(css(".room-sidebar-button"))
		}
		tab.accessible([]look{one}, "a hook that fails")
	}
}
