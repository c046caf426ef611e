package browser

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strconv"
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
	acts  map[string]func() // done once, before the first call with a text in it
}

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

// sent returns when pages called send_message so far.
func (w *wire) sent() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sends)
}

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
	const allSent = `!Object.keys(localStorage).some((name) => name.startsWith("parley.out."))`

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
	tab.is(role("progressbar", "Upload of never.txt"))
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
