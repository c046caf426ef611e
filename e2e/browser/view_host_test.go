package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/parley-chat/parley/internal/web"
)

//go:embed testdata/view-host.html
var viewHost string

// viewClock stands before the script of a view: time stands still there until tick moves it.
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
})()</script>`

// hosted is the view of a room in a host, over a real server.
type hosted struct {
	*tab  // the page of the host
	agent *agent

	mu     sync.Mutex
	frame  runtime.ExecutionContextID // the newest of the sandboxed frame
	calls  []args                     // of the view, as it made them
	answer any                        // to the next calls, which then do not reach the server
}

// hosts opens a host that shows the room of an agent in a window of a width. with has what the host gives beside
// arguments and result: context, refuses, or others in their place.
func (a *agent) hosts(width int64, with args) *hosted {
	a.t.Helper()
	h := &hosted{agent: a}
	launched(a.t)
	site := httptest.NewServer(h)
	a.t.Cleanup(site.Close)
	h.tab = (&server{t: a.t, root: site.URL}).person().open("/")
	h.look(width, 900, "light")
	if err := chromedp.Listen(h.ctx, func(event any) {
		if made, ok := event.(*runtime.EventExecutionContextCreated); ok && made.Context.Origin != site.URL {
			h.mu.Lock()
			h.frame = made.Context.ID
			h.mu.Unlock()
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

// within returns the value of an expression in the frame, which may be a promise.
func within[T any](h *hosted, expression string) T {
	h.t.Helper()
	value, err := tryWithin[T](h, expression)
	if err != nil {
		h.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func tryWithin[T any](h *hosted, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(h.ctx, patience)
	defer cancel()
	h.mu.Lock()
	frame := h.frame
	h.mu.Unlock()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise,
		func(p *runtime.EvaluateParams) { p.ContextID = frame }))
}

// views waits until an expression is true in the frame.
func (h *hosted) views(what, expression string) {
	h.t.Helper()
	var last error
	await(h.t, func() string { return fmt.Sprintf("%s (last: %v) in\n%s", what, last, h.viewed()) }, func() bool {
		var yes bool
		yes, last = tryWithin[bool](h, "!!("+expression+")")
		return last == nil && yes
	})
}

// reads waits until the view shows a text.
func (h *hosted) reads(text string) {
	h.t.Helper()
	h.views("the view shows "+quoted(text), "document.body.innerText.includes("+quoted(text)+")")
}

// viewed returns all that the view shows.
func (h *hosted) viewed() string {
	text, err := tryWithin[string](h, "document.body.innerText")
	if err != nil {
		return err.Error()
	}
	return text
}

// ticks lets time pass in the view, and waits until the looks that this caused are over.
func (h *hosted) ticks(seconds int) {
	h.t.Helper()
	within[*bool](h, fmt.Sprintf("(tick(%d), null)", seconds*1000))
	h.until("each call is answered", `said.filter(({ method }) => method === "tools/call").length === answered`)
}

// presses presses a button of the view with the mouse.
func (h *hosted) presses(name string) {
	h.t.Helper()
	find := `[...document.querySelectorAll("button")].find((b) => b.checkVisibility() && b.innerText === ` + quoted(name) +
		`)`
	h.views("there is the button "+name, find)
	h.told()
	at := within[struct{ X, Y float64 }](h, `(() => { const r = `+find+`.getBoundingClientRect();
	  return { X: r.left + r.width / 2, Y: r.top + r.height / 2 }; })()`)
	frame := evaluate[struct{ X, Y float64 }](h.tab, `(() => { const r = frame.getBoundingClientRect();
	  return { X: r.left, Y: r.top }; })()`)
	h.run("press "+name, chromedp.MouseClickXY(frame.X+at.X, frame.Y+at.Y))
}
