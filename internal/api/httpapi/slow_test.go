package httpapi

import (
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

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/mcp"
)

// pipes is a listener whose connections hold nothing between their two ends.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// A reader that takes something now and then gets its answer, but a part of the page only if the reader takes the
// whole part in time. A reader that takes nothing loses its request.
func TestSlowReaders_haveTimeAsLongAsTheyTakeSomething_andTenSecondsForThePage(t *testing.T) {
	large := strings.Repeat("x", 20<<10)
	for name, c := range map[string]struct {
		asset bool
		pause time.Duration // after each 4 KiB
		whole bool
		least time.Duration // how long its connection lasts
	}{
		"an answer, slowly":           {false, 9 * time.Second, true, 45 * time.Second},
		"an answer, and then nothing": {false, time.Hour, false, 10 * time.Second},
		"a script, slowly":            {true, 3 * time.Second, false, 10 * time.Second},
		"a script, fast":              {true, 0, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				says := func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message) { _, _ = io.WriteString(w, large) }
				h := New(Options{MCP: says, Page: pages(t)}).(*server)
				request := "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: " +
					"application/json\r\nConnection: close\r\n"
				request += fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(initialize), initialize)
				if c.asset {
					request = "GET " + scriptPath(t, h) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
				}
				listener := make(pipes, 1)
				server := NewServer(h, slog.New(slog.DiscardHandler))
				go func() { _ = server.Serve(listener) }()
				here, there := net.Pipe()
				listener <- there
				began := time.Now()
				if _, err := io.WriteString(here, request); err != nil {
					t.Fatal(err)
				}
				got, buffer := 0, make([]byte, 4<<10)
				for {
					n, err := io.ReadFull(here, buffer)
					got += n
					if err != nil {
						break
					}
					<-time.After(c.pause)
				}
				whole := got > len(large)
				if c.asset {
					whole = got > 100_000
				}
				if took := time.Since(began); whole != c.whole || took < c.least && c.pause < time.Hour {
					t.Errorf("%d bytes in %v", got, took)
				}
				here.Close()
				close(listener)
				_ = server.Close()
				synctest.Wait()
			})
		})
	}
}

// A silent client looks like a waiting client, until the client takes no beat.
func TestSlowReader_ofBeats_losesItsCallTenSecondsLater(t *testing.T) {
	slowReader(t, MCPPath, "", headAfter)
	slowReader(t, a2aPath, "", beatsA2A)
	slowReader(t, a2aPath, eventsType, beatsA2A)
}

// slowReader calls a path whose answer has the type kind, and reads nothing. The first beat comes after beat.
func slowReader(t *testing.T, path, kind string, beat time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began, took := time.Now(), make(chan time.Duration, 1)
		silent := func(w http.ResponseWriter, r *http.Request, _ *mcp.Message) {
			if kind != "" {
				w.Header().Set("Content-Type", kind)
				w.WriteHeader(http.StatusOK)
			}
			<-r.Context().Done()
			took <- time.Since(began)
		}
		h := New(Options{MCP: silent,
			A2A: func(w http.ResponseWriter, r *http.Request, m *mcp.Message, _ a2a.Place) { silent(w, r, m) }})
		listener := make(pipes, 1)
		server := NewServer(h, slog.New(slog.DiscardHandler))
		go func() { _ = server.Serve(listener) }()
		here, there := net.Pipe()
		listener <- there
		if _, err := fmt.Fprintf(here, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
			"Accept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s", path, len(initialize),
			initialize); err != nil {
			t.Fatal(err)
		}
		if got := <-took; got != beat+10*time.Second {
			t.Errorf("%s %s: the call ended after %v", path, kind, got)
		}
		here.Close()
		close(listener)
		_ = server.Close()
		synctest.Wait()
	})
}

// scriptPath returns the path of the script of the page.
func scriptPath(t *testing.T, h *server) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	link := assetLink.FindStringSubmatch(w.Body.String())
	if link == nil {
		t.Fatalf("the page names no script: %s", w.Body)
	}
	return "/" + link[2] + "main.js"
}
