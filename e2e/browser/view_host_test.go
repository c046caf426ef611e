package browser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/web"
)

//go:embed testdata/view-host.html
var viewHost string

// viewClock stands before the script of a view: time stands still there until tick moves it. What the host sends as an
// echo goes back to it.
const viewClock = `<script>(() => {
  const timers = new Map();
  let [now, last] = [Date.now(), 0];
  Date.now = () => now;
  window.realTimeout = setTimeout;
  window.setTimeout = (act, ms = 0) => (timers.set(++last, { act, at: now + ms }), last);
  window.clearTimeout = (id) => timers.delete(id);
  window.tick = (ms) => {
    const until = now + ms;
    for (;;) {
      const [id, due] = [...timers].sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!due || due.at > until) break;
      timers.delete(id);
      now = Math.max(now, due.at);
      due.act();
    }
    now = until;
  };
  addEventListener("message", ({ data }) => data.echo && parent.postMessage(data, "*"));
})()</script>`

// hosted is the view of a room in a host, over a real server.
type hosted struct {
	*tab   // the page of the host
	view   *tab
	agent  *agent
	frames chan target.ID // sandboxed, of the host, as they come

	mu     sync.Mutex
	calls  []args // of the view, as it made them
	answer any    // to the next calls, which then do not reach the server
}

// opened opens the link of the agent, as its person does on another device.
func (a *agent) opened() {
	a.t.Helper()
	own, err := ident.ParseToken(a.token)
	if err != nil {
		a.t.Fatal(err)
	}
	own.Person, own.Secret = true, "0123456789abcdef"
	_, claim, _ := strings.Cut(a.watch, "#")
	a.call("supervise", args{"agent_token": own.String(), "claim": claim})
}

// hosts opens a host that shows the room of an agent in a window of a width. with has what the host gives beside
// arguments and result: context, refuses, or others in their place.
func (a *agent) hosts(width int64, with args) *hosted {
	a.t.Helper()
	h := &hosted{agent: a, frames: make(chan target.ID, 1)}
	launched(a.t)
	site := httptest.NewServer(h)
	a.t.Cleanup(site.Close)
	h.tab = (&server{t: a.t, root: site.URL}).person().open("/")
	h.look(width, 900, "light")
	if err := chromedp.Listen(h.ctx, func(event any) {
		if made, ok := event.(*target.EventAttachedToTarget); ok && made.TargetInfo.Type == "iframe" {
			h.frames <- made.TargetInfo.TargetID
		}
	}); err != nil {
		a.t.Fatal(err)
	}
	h.shows(with)
	return h
}

// shows shows the room in a new frame, as after a call of the agent.
func (h *hosted) shows(with args) {
	h.t.Helper()
	given := args{"context": args{"theme": "light"}, "input": args{"view": h.agent.looker()}, "result": h.called(nil)}
	for name, value := range with {
		given[name] = value
	}
	text, err := json.Marshal(given)
	if err != nil {
		h.t.Fatal(err)
	}
	document := strings.Replace(web.RoomView(), "<script>", viewClock+"<script>", 1)
	evaluate[*bool](h.tab, fmt.Sprintf("(show(%s, %s), null)", quoted(document), text))
	h.view = h.framed()
	h.until("the view is there", `said.some(({ method }) => method === "ui/notifications/initialized")`)
	within[*bool](h, `(new IntersectionObserver((all) => { window.inSight = all.at(-1).isIntersecting; }).observe(
	  document.querySelector("main")), null)`)
}

// ServeHTTP has the page of the host, and takes the calls of the view.
func (h *hosted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/call" {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, viewHost)
		return
	}
	var call struct {
		Name      string
		Arguments args
	}
	err := json.NewDecoder(r.Body).Decode(&call)
	if err != nil || call.Name != "show_room" {
		h.t.Errorf("the view calls %s: %v", call.Name, err)
	}
	h.mu.Lock()
	h.calls = append(h.calls, call.Arguments)
	answer := h.answer
	h.mu.Unlock()
	if answer == nil {
		answer = h.called(call.Arguments)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// answers has the host answer the calls of the view itself; nil leads them to the server again.
func (h *hosted) answers(answer any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

// made returns how many calls the view has made.
func (h *hosted) made() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.calls)
}

// framed returns the newest frame as a tab. The browser gives a sandboxed frame a process and a target of its own:
// what the frame does is in no event of the page of the host.
func (h *hosted) framed() *tab {
	h.t.Helper()
	var id target.ID
	select {
	case id = <-h.frames:
	case <-time.After(patience):
		h.t.Fatal("the browser has made no target for the frame")
	}
	ctx, leave := chromedp.NewContext(h.ctx, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel(),
		chromedp.WithListener(h.listen))
	view := &tab{record: h.record, t: h.t, person: h.person, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil { // attaches to it
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if h.t.Failed() && h.view == view {
			h.t.Logf("the view shows:\n%s", h.viewed())
		}
		leave()
	})
	return view
}

// within returns the value of an expression in the frame, which may be a promise.
func within[T any](h *hosted, expression string) T {
	h.t.Helper()
	return evaluate[T](h.view, expression)
}

// views waits until an expression is true in the frame.
func (h *hosted) views(what, expression string) {
	h.t.Helper()
	h.view.until(what, expression)
}

// reads waits until the view shows a text.
func (h *hosted) reads(text string) {
	h.t.Helper()
	h.view.sees(text)
}

// viewed returns all that the view shows.
func (h *hosted) viewed() string {
	text, err := tryEvaluate[string](h.view, "document.body.innerText")
	if err != nil {
		return err.Error()
	}
	return text
}

// ticks lets time pass in the view, and waits until the looks that this caused are over.
func (h *hosted) ticks(seconds int) {
	h.t.Helper()
	within[*bool](h, fmt.Sprintf("(tick(%d), null)", seconds*1000))
	evaluate[*bool](h.tab, "settled().then(() => null)")
}

// presses presses a button of the view with the mouse.
func (h *hosted) presses(name string) {
	h.t.Helper()
	h.told()
	h.view.hits(button(name), func(x, y float64) {
		frame := evaluate[struct{ X, Y float64 }](h.tab, `(() => { const r = frame.getBoundingClientRect();
		  return { X: r.left, Y: r.top }; })()`)
		h.run("press "+name, chromedp.MouseClickXY(frame.X+x, frame.Y+y))
	})
}
