package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// wire leads the calls of browsers to a real server, and can harm them on the way.
type wire struct {
	losing atomic.Bool // the server gets what pages send and wait for, and its answers are lost
	busy   atomic.Bool // all calls are asked to come back later, and the server gets none

	cutting atomic.Bool // uploads break off before the server gets them

	mu    sync.Mutex
	sends []time.Time       // when a call of send_message came
	asks  []seatCall        // all calls for a seat
	acts  map[string]func() // done once, before the first call with a text in it
}

// seatCall is a call that a page made for a seat: the tool, and the id of the room.
type seatCall struct{ tool, room string }

// comeBack is after how many seconds a busy wire asks for the next call. A page that only backs
// off makes it within one.
const comeBack = 3

// through puts a wire between a server and the browsers of people who come from now on.
func (s *server) through() *wire {
	s.t.Helper()
	w := &wire{acts: map[string]func(){}}
	direct := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite:       func(*httputil.ProxyRequest) {}, // browsers name the whole address
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the page has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		uploads := r.Method == http.MethodPut
		w.act(body)
		w.note(body)
		sends := bytes.Contains(body, []byte(`"name":"send_message"`))
		if sends {
			w.mu.Lock()
			w.sends = append(w.sends, time.Now())
			w.mu.Unlock()
		}
		switch {
		case r.Method == http.MethodPost && w.busy.Load():
			rw.Header().Set("Retry-After", strconv.Itoa(comeBack))
			http.Error(rw, "Too many calls.", http.StatusTooManyRequests)
		case uploads && w.cutting.Load():
			panic(http.ErrAbortHandler)
		case w.losing.Load() && (sends || uploads || bytes.Contains(body, []byte(`"name":"wait_for_message"`))):
			direct.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			direct.ServeHTTP(rw, r)
		}
	}))
	s.t.Cleanup(proxy.Close)
	s.t.Cleanup(proxy.CloseClientConnections) // first: a page may be waiting
	s.proxy = proxy.URL
	return w
}

// air carries the connections of browsers to a server. Those that it has lost stay open, and nothing comes over them
// any more: so it is after a phone has changed networks.
type air struct {
	to string

	mu    sync.Mutex
	off   bool // new connections are lost, too
	links []*link
	lost  bytes.Buffer // what pages have sent into nothing
}

// link is one connection, from a browser to the server.
type link struct {
	near, far net.Conn
	lost      bool
}

// overAir puts air between a server and the browsers of people who come from now on.
func (s *server) overAir() *air {
	s.t.Helper()
	s.through()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	a := &air{to: strings.TrimPrefix(s.proxy, "http://")}
	s.proxy = "http://" + listener.Addr().String()
	var under sync.WaitGroup
	under.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			if far, err := net.Dial("tcp", a.to); err == nil {
				under.Go(func() { a.carry(&link{near: near, far: far}) })
			}
		}
	})
	s.t.Cleanup(func() {
		_ = listener.Close()
		a.close()
		under.Wait()
	})
	return a
}

// carry passes on what comes over a link, until one of its ends closes it.
func (a *air) carry(l *link) {
	a.mu.Lock()
	l.lost = a.off
	a.links = append(a.links, l)
	a.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() { a.copy(l, l.near, l.far, io.Discard) })
	a.copy(l, l.far, l.near, &a.lost)
	_ = l.far.Close()
	back.Wait()
	_ = l.near.Close()
}

// copy leads what comes from one end to the other, and once the link is lost into nothing.
func (a *air) copy(l *link, to, from net.Conn, nothing io.Writer) {
	part := make([]byte, 16<<10)
	for {
		n, err := from.Read(part)
		a.mu.Lock()
		var out io.Writer = to
		if l.lost {
			out = nothing
		}
		_, failed := out.Write(part[:n])
		a.mu.Unlock()
		if err != nil || failed != nil {
			return
		}
	}
}

// breaks loses all connections, and those that come, until returns.
func (a *air) breaks() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off = true
	a.lost.Reset()
	for _, l := range a.links {
		l.lost = true
	}
}

// returns carries new connections again; those of before stay lost.
func (a *air) returns() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off = false
}

// hasLost reports whether a page has sent this into nothing since the last break.
func (a *air) hasLost(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return bytes.Contains(a.lost.Bytes(), []byte(text))
}

func (a *air) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.links {
		_ = l.near.Close()
		_ = l.far.Close()
	}
}

// before does something before the next call with an action.
func (w *wire) before(action string, act func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts[`"action":"`+action+`"`] = act
}

func (w *wire) act(body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for text, act := range w.acts {
		if bytes.Contains(body, []byte(text)) {
			delete(w.acts, text)
			act()
		}
	}
}

// note keeps which call a page makes, if it makes one for a seat.
func (w *wire) note(body []byte) {
	var call struct {
		Params struct {
			Name      string `json:"name"`
			Arguments struct {
				Token string `json:"agent_token"`
			} `json:"arguments"`
		} `json:"params"`
	}
	if json.Unmarshal(body, &call) != nil || len(call.Params.Arguments.Token) < 8 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asks = append(w.asks, seatCall{call.Params.Name, call.Params.Arguments.Token[1:8]})
}

// asked returns the tools that pages called so far for the seats in a room.
func (w *wire) asked(room string) (tools []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, call := range w.asks {
		if call.room == room {
			tools = append(tools, call.tool)
		}
	}
	return tools
}

// sent returns when pages called send_message so far.
func (w *wire) sent() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sends)
}

// allSent is true in a page that waits for no answer to what it sends.
const allSent = `!Object.keys(localStorage).some((name) => name.startsWith("parley.out."))`

// showsOnce fails the test unless the page shows one message with a text.
func (tab *tab) showsOnce(text string) {
	tab.t.Helper()
	const count = `[...document.querySelectorAll("article")].filter((one) => one.innerText.includes(%s)).length`
	if n := evaluate[int](tab, fmt.Sprintf(count, quoted(text))); n != 1 {
		tab.t.Errorf("the page shows %q %d times", text, n)
	}
}

func TestSend_answerLostServerBusyOrUploadCutOff_isSentOnceOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	w := s.through()
	talk := trioOn(s)
	tab := talk.page
	tab.expects(`ERR_|HTTP 429|HTTP 5\d\d`) // how a connection ends without an answer is the browser's business

	w.losing.Store(true)
	tab.says("Kept")
	talk.bob.hearsText("Kept")
	tab.showsOnce("Kept")
	if evaluate[bool](tab, allSent) {
		t.Error("the page has an answer")
	}
	tab.reload()
	tab.sees("Kept")
	tab.showsOnce("Kept")
	w.losing.Store(false)
	tab.until("the answer is there", allSent)
	tab.showsOnce("Kept")

	before := len(w.sent())
	w.busy.Store(true)
	tab.says("Later")
	tab.sees("No connection")
	w.busy.Store(false)
	talk.bob.hearsText("Later")
	tab.until("the answer is there", allSent)
	tab.seesNot("No connection")
	tab.showsOnce("Later")
	if sent := w.sent()[before:]; len(sent) < 2 || sent[1].Sub(sent[0]) < (comeBack-1)*time.Second {
		t.Errorf("sent at %v, want at first and then after %d seconds", sent, comeBack)
	}
	if got := talk.cy.texts(); !slices.Equal(got, []string{"Kept", "Later"}) {
		t.Errorf("the room heard %q", got)
	}

	// So it is with files.
	w.losing.Store(true)
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"once.txt": []byte("once")})...)
	tab.sends()
	talk.bob.hearsFile("once.txt")
	w.losing.Store(false)
	tab.until("nothing is on its way", `!document.querySelector(".file-way")`)
	tab.until("it stands there once", `document.querySelectorAll(".log .file").length === 1`)

	w.cutting.Store(true)
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"never.txt": []byte("never")})...)
	tab.sends()
	tab.is(role("progressbar", "Uploading never.txt"))
	tab.click(button("Cancel"))
	tab.isNot(css(".file-way"))
	w.cutting.Store(false)
	tab.says("That is all")
	talk.bob.hearsText("That is all")
	var names []string
	for _, m := range talk.bob.call("message_history", args{"files": true}).Messages {
		names = append(names, string(m.File.Name))
	}
	if !slices.Equal(names, []string{"once.txt"}) {
		t.Errorf("the room has %q", names)
	}
}

// On an idle machine it takes a tenth of a second. Without a word from the browser, a call that gets no answer is given
// up after 40 s.
func TestSend_networkThatComesBackAnew_isFoundWhenTheBrowserTells(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	a := s.overAir()
	talk := trioOn(s)
	tab := talk.page
	tab.hasAll() // what asks for the name is loaded behind the first view
	const hidden = `Object.defineProperty(document, "hidden", { value: %t, configurable: true });
	  void document.dispatchEvent(new Event("visibilitychange"))`
	var all []string
	for _, tells := range []string{
		`void dispatchEvent(new Event("online"))`, fmt.Sprintf(hidden, true) + "; " + fmt.Sprintf(hidden, false),
	} {
		n := fmt.Sprint(len(all))
		all = append(all, "Kept "+n)
		a.breaks()
		tab.says("Kept " + n)
		await(t, func() string { return "the call is lost" }, func() bool { return a.hasLost("Kept " + n) })
		talk.bob.says("Meanwhile "+n, args{"to": []string{"Ann"}})
		a.returns()
		told := time.Now()
		evaluate[*bool](tab, tells)
		tab.sees("Meanwhile " + n)
		tab.until("the answer is there", allSent)
		if took := time.Since(told); took > 20*time.Second {
			t.Errorf("with %s it took %v: %+v", tells, took, tab.requested("/mcp"))
		}
		tab.showsOnce("Kept " + n)
	}
	if got := talk.cy.texts(); !slices.Equal(got, all) {
		t.Errorf("the room heard %q, want %q", got, all)
	}
}

// Each tab waits for news of another room, 25 seconds at a time. A browser has six connections to a server: if all were
// taken, to open the page would take longer than two waits.
func TestTabs_moreHiddenThanConnections_leaveOneToTheTabInFront(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bo := s.agent("Harbor", "Ann"), s.agent("Harbor", "Bo")
	p := s.person()
	for n := range 8 {
		tab := p.tab()
		tab.opensHidden(s.agent(fmt.Sprint("Room ", n), "Ann").watch)
		tab.is(css(textArea))
	}
	began := time.Now()
	front := p.open(ann.watch)
	bo.says("Steel or iron?")
	front.sees("Steel or iron?")
	front.says("Iron")
	bo.hearsText("Iron")
	if took := time.Since(began); took > 50*time.Second {
		t.Errorf("the tab in front took %v", took)
	}
}
