package httpapi

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// wire is a response writer of a server other than net/http, such as that of a
// Lambda function: it has no Flush and no deadlines.
type wire struct {
	mu     sync.Mutex
	text   bytes.Buffer
	header http.Header
	origin string        // of the calls
	wrote  chan struct{} // an element for each write
	ended  atomic.Bool   // the handler has returned
	late   atomic.Bool   // used after the end
}

func newWire() *wire { return &wire{header: http.Header{}, wrote: make(chan struct{}, 1<<16)} }

func (w *wire) Header() http.Header {
	w.late.CompareAndSwap(false, w.ended.Load())
	return w.header
}

func (w *wire) WriteHeader(int) { w.late.CompareAndSwap(false, w.ended.Load()) }

func (w *wire) Write(p []byte) (int, error) {
	w.late.CompareAndSwap(false, w.ended.Load())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote <- struct{}{}
	return w.text.Write(p)
}

// call makes a call of a tool over w and returns when it has ended.
func (w *wire) call(t *testing.T, h http.Handler, tool string) {
	t.Helper()
	body, header := legacyCall("7", tool, "hello", "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://parley.example"+MCPPath,
		strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	if w.origin != "" {
		r.Header.Set("Origin", w.origin)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	h.ServeHTTP(w, r)
	w.ended.Store(true)
}

func TestStream_writerWithoutFlush_getsEachBeatAtOnce(t *testing.T) {
	s := newSite(t)
	w, done := newWire(), make(chan struct{})
	go func() {
		defer close(done)
		w.call(t, s.server.Handler, "block")
	}()
	await(t, s.entered)
	s.beat()
	await(t, w.wrote)
	s.free()
	await(t, done)
	if text := w.text.String(); !strings.HasPrefix(text, ": still here\n\nevent: message\ndata: {") ||
		!strings.Contains(text, "hello") {
		t.Errorf("%q", text)
	}
}

// With a beat every few microseconds, a beat happens at every moment of an answer, even
// while the first timer is being set.
func TestStream_beatsAtAnyMoment_leaveOneWholeAnswerAndTouchNothingAfter(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) {
		o.Clock = clockwork.NewRealClock()
		o.KeepAlive = 5 * time.Microsecond
	})
	streams := 0
	// On a machine with nothing else to do, most answers are quicker than any beat.
	for calls, end := 0, time.Now().Add(patience); calls < 300 || streams == 0 && time.Now().Before(end); calls++ {
		w := newWire()
		w.call(t, s.server.Handler, "echo")
		w.mu.Lock()
		text := w.text.String()
		w.mu.Unlock()
		answer := text
		if w.header.Get("Content-Type") == "text/event-stream" {
			streams++
			var beats int
			for strings.HasPrefix(answer, ": still here\n\n") {
				answer, beats = answer[len(": still here\n\n"):], beats+1
			}
			if beats == 0 {
				t.Fatalf("a stream without a beat: %q", text)
			}
		}
		if r := decode(t, answer); r.text() != "hello" {
			t.Fatalf("%q", text)
		}
		if w.late.Load() {
			t.Fatal("the writer was touched after the handler had returned")
		}
	}
	if streams == 0 {
		t.Error("no beat ever came in time: the test shows nothing")
	}
}
