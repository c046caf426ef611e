package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/mcp"
)

// ask returns a call of a tool at the server's own address of A2A.
func (s *site) ask(tool string) *http.Request {
	s.t.Helper()
	r := s.request(legacyCall("7", tool, "hello", ""))
	r.URL.Path = a2aPath
	r.Header.Set("Accept", "text/event-stream") // as the SDK for Go sends it; the method decides
	return r
}

// beatA2A makes the open call beat, and returns after the beat.
func (s *site) beatA2A() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for _, beat := range []time.Duration{beatsA2A, 0} {
		if err := s.clock.BlockUntilContext(ctx, 1); err != nil {
			s.t.Fatal("no call waits for its beat")
		}
		s.clock.Advance(beat)
	}
}

func TestA2A_quickAnswer_hasTheStatusAndHeaderOfItsHandler(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) {
		o.A2A = func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message, _ a2a.Place) {
			w.Header().Set("Content-Type", "application/a2a+json")
			w.Header().Set("Connection", "keep-alive")
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "{}")
		}
	})
	resp, body := s.do(s.ask("any"))
	if resp.StatusCode != http.StatusTeapot || resp.Header.Get("Content-Type") != "application/a2a+json" ||
		resp.Header.Get("Connection") != "" || body != "{}" {
		t.Errorf("%d %v %q", resp.StatusCode, resp.Header, body)
	}
}

func TestA2A_longCall_hasSpacesInFrontOfItsJSON(t *testing.T) {
	s := newSite(t)
	answer := s.send(s.ask("block"))
	await(t, s.entered)
	s.beatA2A()
	resp := await(t, answer)
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != jsonType ||
		resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	sign := make([]byte, 1)
	for range 3 {
		if _, err := io.ReadFull(resp.Body, sign); err != nil || sign[0] != ' ' {
			t.Fatalf("beat %q, %v", sign, err)
		}
		s.beatA2A()
	}
	s.free()
	rest, err := io.ReadAll(resp.Body)
	if r := decode(t, string(rest)); err != nil || r.text() != "hello" || string(r.ID) != "7" {
		t.Errorf("%q %v", rest, err)
	}
}

// A comment never comes between the lines of an event.
func TestA2A_stream_hasCommentsBetweenItsEvents(t *testing.T) {
	s := newSite(t, func(s *site, o *Options) {
		o.A2A = func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message, _ a2a.Place) {
			w.Header().Set("Content-Type", eventsType)
			w.WriteHeader(http.StatusOK)
			for n := range 3 {
				_, _ = fmt.Fprintf(w, "id: %d\n", n)
				s.entered <- "half"
				<-s.release
				_, _ = fmt.Fprintf(w, "data: {}\n\n")
				w.(http.Flusher).Flush()
				s.entered <- "whole"
				<-s.release
			}
		}
	})
	answer := s.send(s.ask("any"))
	var events *bufio.Reader
	for n := range 3 {
		await(t, s.entered)
		s.beatA2A()
		s.free()
		await(t, s.entered)
		if events == nil {
			resp := await(t, answer)
			defer resp.Body.Close()
			events = bufio.NewReader(resp.Body)
		}
		s.beatA2A()
		if got, want := next(t, events), fmt.Sprintf("id: %d\ndata: {}", n); got != want {
			t.Errorf("event %q, want %q", got, want)
		}
		if got := next(t, events); got != ": still here" {
			t.Errorf("beat %q", got)
		}
		s.free()
	}
	if rest, err := io.ReadAll(events); err != nil || len(rest) > 0 {
		t.Errorf("%q after the end, %v", rest, err)
	}
}

func TestA2A_handlerPanics_answersInTheFormThatHasBegun(t *testing.T) {
	for _, c := range []struct {
		name, kind  string
		begun, half bool
		status      int
	}{
		{"before the answer", "", false, false, http.StatusInternalServerError},
		{"after a beat", "", true, false, http.StatusOK},
		{"in a stream", eventsType, true, false, http.StatusOK},
		{"in its JSON", "", false, true, http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, func(s *site, o *Options) {
				o.A2A = func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message, _ a2a.Place) {
					if c.kind != "" {
						w.Header().Set("Content-Type", c.kind)
						w.WriteHeader(http.StatusOK)
					}
					if c.half {
						_, _ = io.WriteString(w, "{")
					}
					s.entered <- ""
					<-s.release
					panic("a secret")
				}
			})
			answer := s.send(s.ask("any"))
			await(t, s.entered)
			if c.half {
				s.free()
				resp := await(t, answer)
				defer resp.Body.Close()
				if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "{" {
					t.Errorf("%q %v", rest, err)
				}
				return
			}
			if c.begun {
				s.beatA2A()
			} else {
				s.free()
			}
			resp := await(t, answer)
			defer resp.Body.Close()
			if c.begun {
				s.free()
			}
			rest, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.TrimPrefix(strings.TrimPrefix(string(rest), stillHere), "data: ")
			if r := decode(t, text); resp.StatusCode != c.status || r.Error.Code != codeInternal ||
				string(r.ID) != "7" {
				t.Errorf("%d %s", resp.StatusCode, rest)
			}
			if c.kind != "" && !strings.HasPrefix(string(rest), stillHere+"data: {") {
				t.Errorf("%q is no event", rest)
			}
			if log := s.log.String(); strings.Contains(string(rest)+log, "a secret") ||
				!strings.Contains(log, `"msg":"panic"`) {
				t.Errorf("%s, logged as %s", rest, log)
			}
		})
	}
}

// Beats come at every moment of an answer, even while the header is written.
func TestA2A_beatsAtAnyMoment_leaveOneWholeAnswerAndTouchNothingAfter(t *testing.T) {
	s := newSite(t, func(s *site, o *Options) {
		o.A2A = func(w http.ResponseWriter, r *http.Request, m *mcp.Message, _ a2a.Place) {
			for range 100 {
				w.Header().Set("Content-Type", jsonType)
			}
			o.MCP(w, r, m)
		}
	})
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			default:
				s.clock.Advance(beatsA2A)
			}
		}
	}()
	defer func() {
		close(done)
		<-stopped
	}()
	kept := 0
	// On a machine with nothing else to do, most answers are quicker than any beat.
	for calls, end := 0, time.Now().Add(patience); calls < 300 || kept == 0 && time.Now().Before(end); calls++ {
		w := newWire()
		r := s.ask("echo")
		r.Host = "parley.example"
		s.server.Handler.ServeHTTP(w, r)
		w.ended.Store(true)
		w.mu.Lock()
		text := w.text.String()
		w.mu.Unlock()
		if r := decode(t, text); r.text() != "hello" {
			t.Fatalf("%q", text)
		}
		if strings.HasPrefix(text, " ") {
			kept++
		}
		if w.late.Load() {
			t.Fatal("the writer was touched after the handler had returned")
		}
	}
	if kept == 0 {
		t.Error("no beat ever came in time: the test shows nothing")
	}
}

// The handler gets the room and the name in an address, and the log gets only the route.
func TestA2A_addresses_sayWhoIsMeant(t *testing.T) {
	g := newGated(t, func(s *site, o *Options) {
		o.A2A = func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message, p a2a.Place) {
			_, _ = fmt.Fprintf(w, `{"error":{"message":"%v %s"}}`, p.Room, p.Name)
		}
	})
	invite := "/i/" + g.invite
	for _, c := range []struct{ path, want, route, rpc string }{
		{"/a2a", "false ", "/a2a", ""},
		{"/a2a/", "false ", "/a2a", ""},
		{invite + "/a2a", "true ", "/i/{code}/a2a", ""},
		{"/i/" + strings.ToUpper(g.invite) + "/a2a/", "true ", "/i/{code}/a2a", ""},
		{invite + "/as/Hermes/a2a", "true Hermes", "/i/{code}/as/{name}/a2a", ""},
		{invite + "/as/H%C3%A9%20r%2Fmes%3F/a2a/", "true H\u00e9 r/mes?", "/i/{code}/as/{name}/a2a", ""},
		{invite + "/as/as/a2a", "true as", "/i/{code}/as/{name}/a2a", ""},
		{"", "", cardPath, "/a2a"},
		{invite, "", "/i/{code}" + cardPath, invite + "/a2a"},
		{invite + "/as/H%C3%A9%20r%2Fmes%3F", "", "/i/{code}/as/{name}" + cardPath,
			invite + "/as/H%C3%A9%20r%2Fmes%3F/a2a"},
	} {
		r := g.post(eras()[0], "", "")
		if c.rpc != "" {
			r = g.get("")
			c.path += cardPath
		}
		at, err := r.URL.Parse(g.url + c.path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = at
		resp, body := g.do(r)
		if c.rpc != "" && body != g.url+c.rpc || c.rpc == "" && decode(t, body).Error.Message != c.want {
			t.Errorf("%s: %d %s", c.path, resp.StatusCode, body)
		}
		if below := strings.HasPrefix(c.path, "/i/"); below != (resp.Header.Get("Cache-Control") == "no-store") {
			t.Errorf("%s: %v", c.path, resp.Header)
		}
		if !strings.Contains(g.log.String(), `"path":"`+c.route+`"`) {
			t.Errorf("%s: the log has no route %s", c.path, c.route)
		}
		allowed := "POST"
		if c.rpc != "" {
			allowed = "GET, HEAD"
		}
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
			r.Method, r.Body, r.ContentLength = method, nil, 0
			if resp, body := g.do(r); !strings.Contains(allowed, method) &&
				(resp.StatusCode != 405 || resp.Header.Get("Allow") != allowed) {
				t.Errorf("%s %s: %d %v %s", method, c.path, resp.StatusCode, resp.Header, body)
			}
		}
	}
	for _, part := range []string{"Hermes", "mes?", g.invite, strings.ToUpper(g.invite)} {
		if strings.Contains(g.log.String(), part) {
			t.Errorf("the log has %s", part)
		}
	}
}

// The server has keys, and its card says that an invite admits, too.
func TestA2A_addressesOfTheServer_needNoKeyAndReadNothing(t *testing.T) {
	g := newGated(t)
	if resp, body := g.do(g.post(eras()[0], a2aPath, wrong())); decode(t, body).text() != "hello" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	resp, card := g.do(g.get(cardPath))
	tag := resp.Header.Get("ETag")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != jsonType || tag == "" ||
		resp.Header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	again := g.get(cardPath)
	again.Header.Set("If-None-Match", tag)
	if resp, body := g.do(again); resp.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	again.Method = http.MethodHead
	again.Header.Del("If-None-Match")
	if resp, body := g.do(again); resp.StatusCode != 200 || resp.ContentLength != int64(len(card)) || body != "" {
		t.Errorf("%d %v %q", resp.StatusCode, resp.Header, body)
	}
	if reads := g.reads.Load() + g.asked.Load(); reads != 0 {
		t.Errorf("%d reads", reads)
	}
}
