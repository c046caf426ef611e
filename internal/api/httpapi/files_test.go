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
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core/chat"
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

// An upload that stops, or is slow, gives its place to others.
func TestUpload_thatDoesNotKeepItsPace_isEnded(t *testing.T) {
	for name, c := range map[string]struct {
		bytes int           // at once
		pause time.Duration // after them
		total int
		whole bool
		ends  time.Duration // at most
	}{
		"one that stops":      {bytes: 1000, pause: time.Hour, total: 1 << 20, ends: api.PaceTime},
		"a byte now and then": {bytes: 1, pause: 5 * time.Second, total: 1 << 20, ends: api.PaceTime},
		"one as slow as may be": {bytes: api.Pace / 4, pause: 7 * time.Second, total: 4 << 20, whole: true,
			ends: 8 * time.Minute},
		"one that takes too long": {bytes: api.Pace / 4, pause: 7 * time.Second, total: 20 << 20,
			ends: api.MaxUploadTime},
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
				<-time.After(time.Second) // the server gives the client this time to read the refusal
			})
		})
	}
}

// Uploads that never end, and downloads without a reader, come from eight addresses, or from the networks of two
// hosts: others get places all the same.
func TestFiles_thatStayOnTheirWay_keepNoOtherAddressOut(t *testing.T) {
	for name, c := range map[string]struct {
		method, path string
		places       int
	}{
		"uploads":   {http.MethodPut, "/v1/upload/x", api.MaxUploads},
		"downloads": {http.MethodGet, "/v1/file/x", api.MaxDownloads},
	} {
		for from, address := range map[string]func(n int) string{
			"eight addresses": func(n int) string { return fmt.Sprint("192.0.2.", n%8) },
			"two hosts":       func(n int) string { return fmt.Sprintf("2001:db8:%x:%x::1", n%2, n) },
		} {
			t.Run(name+" of "+from, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h, held, end := newShelf()
					ask := func(address string) int {
						r := httptest.NewRequestWithContext(t.Context(), c.method, "http://localhost"+c.path,
							strings.NewReader("x"))
						r.Header.Set("X-Forwarded-For", address)
						w := httptest.NewRecorder()
						h.ServeHTTP(w, r)
						return w.Code
					}
					for n := range 2000 {
						go ask(address(n))
					}
					synctest.Wait()
					if got := int(held.Load()); got > c.places-c.places/10 || got < c.places*3/4 {
						t.Errorf("they have %d of %d places", got, c.places)
					}
					var others sync.WaitGroup
					for n := range c.places / 10 {
						others.Go(func() {
							if got := ask(fmt.Sprint("198.51.100.", n)); got != http.StatusOK {
								t.Errorf("another address gets %d", got)
							}
						})
					}
					synctest.Wait()
					end()
					others.Wait()
				})
			})
		}
	}
}

// newShelf returns a handler behind a proxy with files that stay on the way until end, and the number of such files.
func newShelf() (h http.Handler, held *atomic.Int64, end func()) {
	on, held := make(chan struct{}), &atomic.Int64{}
	stays := func() { held.Add(1); <-on }
	return New(Options{TrustProxy: true,
		Upload: func(context.Context, string, io.Reader) tools.Uploaded {
			stays()
			return tools.Uploaded{JSON: []byte("{}")}
		},
		Download: func(context.Context, string) (chat.Download, error) {
			return chat.Download{Open: func(context.Context, int64, int64) (io.ReadCloser, error) {
				stays()
				return http.NoBody, nil
			}}, nil
		},
	}), held, func() { close(on) }
}
