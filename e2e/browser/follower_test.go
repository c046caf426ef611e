package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// follower is a tab in which a room is followed by the scripts of the page, without what
// shows it: whatever that looks like, what is tested here holds.
type follower struct {
	*tab
}

// follow opens the link of an agent in a browser of its own.
func (s *server) follow(a *agent) *follower {
	s.t.Helper()
	f := s.person().follower()
	f.opens(a.watch)
	return f
}

// follower is a tab of p that can follow a room. Calls may fail there.
func (p *person) follower() *follower {
	p.t.Helper()
	f := &follower{p.tab()}
	f.expects(`ERR_|HTTP [45]`)
	f.modules()
	f.visit("/")
	f.load()
	return f
}

// modules lets the tab load single modules of the page. A server has them in one script only.
func (f *follower) modules() {
	f.t.Helper()
	err := chromedp.Listen(f.ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			go f.module(e) // a listener may call nothing
		}
	})
	if err != nil {
		f.t.Fatal(err)
	}
	do(f.tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/assets/*.js"}}})
}

func (f *follower) module(e *fetch.EventRequestPaused) {
	_, at, _ := strings.Cut(e.Request.URL, "/assets/")
	_, name, _ := strings.Cut(path.Clean("/" + at)[1:], "/") // behind the version
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "page", "assets", filepath.FromSlash(name)))
	switch {
	case name == "main.js":
		_, err = chromedp.Call(f.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
	case err == nil:
		_, err = chromedp.Call(f.ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{
			RequestID: e.RequestID, ResponseCode: 200, Body: text,
			ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "text/javascript; charset=utf-8"}},
		})
	}
	if err != nil && f.ctx.Err() == nil {
		f.t.Error(err)
	}
}

// load makes m of what the tests use of the page.
func (f *follower) load() {
	f.t.Helper()
	evaluate[bool](f.tab, `(async () => {
		const at = document.querySelector("script[type=module]").src.replace(/main\.js$/, "");
		const load = (name) => import(at + name + ".js");
		const [{ Room }, seats, storage, token, mcp] = await Promise.all(["room", "seats", "storage", "token", "mcp"].map(load));
		globalThis.m = {
			seats, storage, token, mcp,
			begin(seat, clock) {
				m.room = new Room(seat, clock);
				m.room.run();
				return true;
			},
			texts: () => m.room.state.messages.map((message) => message.text).filter(Boolean),
		};
		return true;
	})()`)
}

// opens opens a link, and waits until the room is there.
func (f *follower) opens(link string) {
	f.t.Helper()
	f.begins(link)
	f.live()
}

// begins opens a link, as the page does.
func (f *follower) begins(link string) {
	f.t.Helper()
	evaluate[bool](f.tab, `m.begin(m.seats.claimed(`+quoted(claimOf(link))+`))`)
}

// returns comes to the room of a link that was opened in this browser, in a page that was
// just loaded.
func (f *follower) returns(link string) {
	f.t.Helper()
	evaluate[bool](f.tab, `m.begin(m.seats.returned(`+quoted(claimOf(link)[1:8])+`))`)
}

// again loads the page anew, and returns to the room of a link.
func (f *follower) again(link string) {
	f.t.Helper()
	f.reload()
	f.load()
	f.returns(link)
}

func claimOf(link string) string {
	_, claim, _ := strings.Cut(link, "#")
	return claim
}

func (f *follower) live() {
	f.t.Helper()
	f.until("it follows the room", `m.room.state.phase === "live" && !m.room.state.trouble`)
}

// ends waits until the room has ended for a reason.
func (f *follower) ends(code string) {
	f.t.Helper()
	f.until("the room has ended: "+code, `m.room.state.phase === "ended" && m.room.state.trouble.code === `+quoted(code))
}

// has waits until the texts in the room are these, in this order and each once.
func (f *follower) has(texts ...string) {
	f.t.Helper()
	var got []string
	await(f.t, func() string { return fmt.Sprintf("the texts are %q; they are %q", texts, got) }, func() bool {
		var err error
		got, err = tryEvaluate[[]string](f.tab, "m.texts()")
		return err == nil && slices.Equal(got, texts)
	})
}

// says says something, and does not wait until it is said.
func (f *follower) says(text string) {
	f.t.Helper()
	evaluate[string](f.tab, `m.room.send({ text: `+quoted(text)+` })`)
}

// hasSentAll waits until nothing is left to be sent.
func (f *follower) hasSentAll() {
	f.t.Helper()
	f.until("the outbox is empty", `m.room.state.outbox.length === 0`)
}

// does runs a statement.
func (f *follower) does(statement string) {
	f.t.Helper()
	evaluate[bool](f.tab, `(async () => { `+statement+`; return true; })()`)
}

// wire stands between everybody and a server, and may lose answers to browsers.
type wire struct {
	*server
	mu    sync.Mutex
	lose  func(tool string) bool // loses the answer to a call, which the server gets
	busy  bool                   // answers calls of browsers itself, that there are too many
	calls []string               // the tools that browsers have called
}

// through returns the server as it is reached over a wire.
func (s *server) through() *wire {
	s.t.Helper()
	target, err := url.Parse(s.root)
	if err != nil {
		s.t.Fatal(err)
	}
	reached := *s
	w := &wire{server: &reached, lose: func(string) bool { return false }}
	const toolHeader = "X-Tool"
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(r *http.Response) error {
			if !w.loses(r.Request.Header.Get(toolHeader)) {
				return nil
			}
			_, err := io.Copy(io.Discard, r.Body)
			return fmt.Errorf("lost: %v", err)
		},
	}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" { // it is of a browser
			r.Header.Set(toolHeader, w.note(r))
			r.Header.Set("Origin", s.root)
			if w.isBusy() {
				rw.Header().Set("Retry-After", retryAfter)
				http.Error(rw, "Too many calls.", http.StatusTooManyRequests)
				return
			}
		}
		proxy.ServeHTTP(rw, r)
	}))
	s.t.Cleanup(front.Close)
	s.t.Cleanup(front.CloseClientConnections)
	w.root = front.URL
	return w
}

// note notes a call of a tool, and returns its name.
func (w *wire) note(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var m struct{ Params struct{ Name string } }
	if err != nil || json.Unmarshal(body, &m) != nil {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, m.Params.Name)
	return m.Params.Name
}

func (w *wire) loses(tool string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lose(tool)
}

// losing sets which answers are lost from now on.
func (w *wire) losing(lose func(tool string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = lose
}

// retryAfter is in how many seconds a busy wire asks for the next call.
const retryAfter = "77"

func (w *wire) isBusy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy
}

func (w *wire) setBusy(yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = yes
}

func nothing(string) bool { return false }

func sends(tool string) bool { return tool == "send_message" }

// called returns how often a tool was called so far.
func (w *wire) called(tool string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, called := range w.calls {
		if called == tool {
			n++
		}
	}
	return n
}

// heard fails the test unless this is all that was said in the room of a.
func (a *agent) heard(texts ...string) {
	a.t.Helper()
	var got []string
	for _, m := range a.history() {
		if m.Type == "message" {
			got = append(got, m.Text)
		}
	}
	if !slices.Equal(got, texts) {
		a.t.Errorf("the room has %q, want %q", got, texts)
	}
}

// den is a room of two, and the person behind the first.
func den(t *testing.T, s *server) (ada, bo *agent, f *follower) {
	t.Helper()
	ada, bo = s.agent("den", "Ada"), s.agent("den", "Bo")
	return ada, bo, s.follow(ada)
}
