package httpapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/tools"
)

func TestRangeOf_isOnePartOrTheWhole(t *testing.T) {
	const size = 1000
	for spec, want := range map[string]byteRange{
		"": {0, size, false}, "bytes=0-": {0, size, true}, "bytes=0-0": {0, 1, true}, "bytes=999-": {999, 1, true},
		"bytes=10-19": {10, 10, true}, "bytes=10-5000": {10, 990, true}, "bytes=-10": {990, 10, true},
		"bytes=-5000": {0, size, true}, "bytes=0-1,5-6": {0, size, false}, "bytes=9-8": {0, size, false},
		"bytes=a-b": {0, size, false}, "items=0-1": {0, size, false}, "bytes=5": {0, size, false},
		"bytes=-": {0, size, false}, "bytes=99999999999999999999-": {0, size, false}, "bytes=--1": {0, size, false},
	} {
		if got, ok := rangeOf(http.Header{"Range": {spec}}, size); !ok || got != want {
			t.Errorf("%q: %+v, %v; want %+v", spec, got, ok, want)
		}
	}
	for _, spec := range []string{"bytes=1000-", "bytes=5000-6000", "bytes=-0"} {
		if got, ok := rangeOf(http.Header{"Range": {spec}}, size); ok {
			t.Errorf("%q: %+v", spec, got)
		}
	}
	if got, _ := rangeOf(http.Header{"Range": {"bytes=1-2"}, "If-Range": {"x"}}, size); got.asked {
		t.Errorf("a part of another file: %+v", got)
	}
}

func TestUpload_cutOff_saysWhenToTryAgain(t *testing.T) {
	h := New(Options{Upload: func(context.Context, string, io.Reader) tools.Uploaded { return tools.Uploaded{} }})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost/v1/upload/x",
		strings.NewReader("x")))
	if after := w.Header().Get("Retry-After"); w.Code != http.StatusServiceUnavailable || after != "1" {
		t.Errorf("%d with Retry-After %q: %s", w.Code, after, w.Body)
	}
}

// An upload that stops, or that takes its time, gives its place to others.
func TestUpload_thatDoesNotKeepItsPace_isEnded(t *testing.T) {
	for name, c := range map[string]struct {
		bytes int           // at once
		pause time.Duration // after them
		total int
		whole bool
		ends  time.Duration // at most
	}{
		"one that stops":      {bytes: 1000, pause: time.Hour, total: 1 << 20, ends: paceTime},
		"a byte now and then": {bytes: 1, pause: 5 * time.Second, total: 1 << 20, ends: paceTime},
		"one as slow as may be": {bytes: pace / 4, pause: 7 * time.Second, total: 4 << 20, whole: true,
			ends: 8 * time.Minute},
		"one that takes too long": {bytes: pace / 4, pause: 7 * time.Second, total: 20 << 20, ends: longestUpload},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				type end struct {
					n    int64
					err  error
					took time.Duration
				}
				began, ended := time.Now(), make(chan end, 1)
				h := New(Options{Upload: func(_ context.Context, _ string, body io.Reader) tools.Uploaded {
					n, err := io.Copy(io.Discard, body)
					ended <- end{n, err, time.Since(began)}
					return tools.Uploaded{JSON: []byte("{}")}
				}})
				listener := make(pipes, 1)
				server := NewServer(h, slog.New(slog.DiscardHandler))
				go func() { _ = server.Serve(listener) }()
				here, there := net.Pipe()
				listener <- there
				go func() { _, _ = io.Copy(io.Discard, here) }()
				if _, err := fmt.Fprintf(here,
					"PUT /v1/upload/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n",
					c.total); err != nil {
					t.Fatal(err)
				}
				go func() {
					part := strings.Repeat("x", c.bytes)
					for sent := 0; sent < c.total; sent += c.bytes {
						if _, err := io.WriteString(here, part); err != nil {
							return
						}
						select {
						case <-time.After(c.pause):
						case <-t.Context().Done():
							return
						}
					}
				}()
				got := <-ended
				if (got.err == nil) != c.whole || c.whole && got.n != int64(c.total) || got.took > c.ends+time.Second {
					t.Errorf("%d bytes in %v, %v", got.n, got.took, got.err)
				}
				here.Close()
				close(listener)
				_ = server.Close()
				<-time.After(time.Second) // in which the server waits for the client to hear of it
			})
		})
	}
}

// Ten thousand that never end take the places of one eighth from each caller, and of all no more than
// there are.
func TestLanes_areBoundedInAllAndForACaller(t *testing.T) {
	l := newLanes(mostUploads)
	var leave []func()
	mine := 0
	for range 10_000 {
		if end, ok := l.enter("one"); ok {
			mine++
			leave = append(leave, end)
		}
	}
	for i := range 10_000 {
		if end, ok := l.enter(fmt.Sprint(i)); ok {
			leave = append(leave, end)
		}
	}
	if mine != mostUploads/8 || len(leave) != mostUploads {
		t.Errorf("%d of one caller, %d in all", mine, len(leave))
	}
	for _, end := range leave {
		end()
	}
	if l.all != 0 || len(l.of) != 0 {
		t.Errorf("%d are left, of %d callers", l.all, len(l.of))
	}
}
