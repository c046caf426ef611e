package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
)

func TestStream_quickAnswer_isPlainJSON(t *testing.T) {
	for _, e := range eras() {
		t.Run(e.name, func(t *testing.T) {
			s := newSite(t)
			resp, body := s.do(s.request(e.call("7", "echo", "hello", "1")))
			if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || kind != "application/json" {
				t.Errorf("%d %s", resp.StatusCode, kind)
			}
			if r := decode(t, body); r.text() != "hello" || string(r.ID) != "7" {
				t.Errorf("answer %s", body)
			}
		})
	}
}

func TestStream_clientOfEventsOnly_getsASuccessAsAnEvent(t *testing.T) {
	for _, e := range eras() {
		t.Run(e.name, func(t *testing.T) {
			s := newSite(t)
			ask := func(body string, header http.Header) (*http.Response, string) {
				r := s.request(body, header)
				r.Header.Set("Accept", "text/event-stream")
				return s.do(r)
			}
			resp, body := ask(e.call("7", "echo", "hello", "1"))
			text, event := strings.CutPrefix(body, "event: message\ndata: ")
			if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || !event ||
				decode(t, text).text() != "hello" {
				t.Errorf("%d %v %q", resp.StatusCode, resp.Header, body)
			}
			if resp, body := ask(`{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil); resp.StatusCode != 202 ||
				body != "" {
				t.Errorf("a notification: %d %q", resp.StatusCode, body)
			}
			if resp, body := ask("{}", nil); resp.StatusCode != 400 || decode(t, body).Error.Message == "" {
				t.Errorf("a refusal: %d %q", resp.StatusCode, body)
			}
			answer := s.request(e.call("8", "block", "hello", ""))
			answer.Header.Set("Accept", "text/event-stream")
			late := s.send(answer)
			await(t, s.entered)
			s.beat()
			waited := await(t, late)
			defer waited.Body.Close()
			events := bufio.NewReader(waited.Body)
			if got := next(t, events); got != ": still here" {
				t.Errorf("a call that waits begins with %q", got)
			}
			s.free()
			if r := decode(t, next(t, events)); r.text() != "hello" {
				t.Errorf("and ends with %+v", r)
			}
		})
	}
}

// Some clients compare the letters of an id, and a reader of float64 knows no 2^53+1.
func TestStream_anyID_comesBackAsItWasSent(t *testing.T) {
	for _, e := range eras() {
		for _, id := range []string{`0`, `1.0`, `1e3`, `9007199254740993`, `123456789012345678901234567890`, `""`,
			`"9007199254740993"`, `"1\u0030"`, `"<&>"`} {
			t.Run(e.name+id, func(t *testing.T) {
				s := newSite(t)
				_, header := e.call(id, "echo", "hello", "")
				for _, method := range []string{"echo", "fail", "tools/list", "ping", "no/such"} {
					body, h := e.call(id, method, "hello", "")
					if strings.Contains(method, "/") || method == "ping" {
						body = fmt.Sprintf(`{"method":%q,"params":{"_meta":{%s}},"id":%s,"jsonrpc":"2.0"}`, method, modernMeta,
							id)
						h = http.Header{"Mcp-Protocol-Version": header["Mcp-Protocol-Version"], "Mcp-Method": {method}}
					}
					r := s.request(body, h)
					r.Header.Set("Accept", "text/event-stream")
					if _, got := s.do(r); string(decode(t, got).ID) != id {
						t.Errorf("%s is answered with %s", method, got)
					}
				}
				events := s.beats(t, e, id, id)
				if got := next(t, events); !strings.Contains(got, `"progressToken":`+id+`,`) {
					t.Errorf("the beat is %s", got)
				}
				s.free()
				if got := decode(t, next(t, events)); string(got.ID) != id || got.text() != "hello" {
					t.Errorf("the wait is answered with %+v", got)
				}
			})
		}
	}
}

// The client of the Python SDK never makes another call if the server is killed before the header of an answer.
func TestStream_callThatWaits_sendsTheHeaderAtOnce(t *testing.T) {
	for _, token := range []string{"", `"abc"`} {
		s := newSite(t)
		answer := s.send(s.request(legacyCall("7", "block", "hello", token)))
		await(t, s.entered)
		s.clock.Advance(headAfter)
		resp := await(t, answer)
		defer resp.Body.Close()
		events := bufio.NewReader(resp.Body)
		if got := next(t, events); resp.StatusCode != 200 || got != ": still here" {
			t.Errorf("%d %v, then %q", resp.StatusCode, resp.Header, got)
		}
		s.free()
		if r := decode(t, next(t, events)); r.text() != "hello" {
			t.Errorf("answer %+v", r)
		}
	}
}

func TestStream_longCall_beatsWithCommentsAndEndsWithTheAnswer(t *testing.T) {
	for _, e := range eras() {
		t.Run(e.name, func(t *testing.T) {
			s := newSite(t)
			answer := s.send(s.request(e.call("7", "block", "hello", "")))
			await(t, s.entered)
			s.beat()
			resp := await(t, answer)
			defer resp.Body.Close()
			if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" ||
				resp.Header.Get("X-Accel-Buffering") != "no" {
				t.Errorf("%d %v", resp.StatusCode, resp.Header)
			}
			events := bufio.NewReader(resp.Body)
			for range 3 {
				if got := next(t, events); got != ": still here" {
					t.Fatalf("beat %q", got)
				}
				s.beat()
			}
			next(t, events)
			s.free()
			if r := decode(t, next(t, events)); r.text() != "hello" || string(r.ID) != "7" {
				t.Errorf("answer %+v", r)
			}
			if rest, err := io.ReadAll(events); err != nil || len(rest) > 0 {
				t.Errorf("%q after the answer, %v", rest, err)
			}
		})
	}
}

// beats begins a call that waits, with an id and a progress token, and returns its stream from the second beat on: the
// first beat brings a comment with the header.
func (s *site) beats(t *testing.T, e era, id, token string) *bufio.Reader {
	t.Helper()
	answer := s.send(s.request(e.call(id, "block", "hello", token)))
	await(t, s.entered)
	s.beat()
	resp := await(t, answer)
	t.Cleanup(func() { _ = resp.Body.Close() })
	events := bufio.NewReader(resp.Body)
	next(t, events)
	s.beat()
	return events
}

func TestStream_progressToken_beatsAreRisingProgress(t *testing.T) {
	for _, e := range eras() {
		for _, token := range []string{`"abc"`, `5`} {
			t.Run(e.name+token, func(t *testing.T) {
				s := newSite(t)
				events := s.beats(t, e, "7", token)
				for n := 1; n <= 3; n++ {
					r := decode(t, next(t, events))
					if r.Method != "notifications/progress" || r.Params.Progress != n ||
						fmt.Sprint(r.Params.ProgressToken) != strings.Trim(token, `"`) {
						t.Fatalf("beat %d: %+v", n, r)
					}
					s.beat()
				}
				next(t, events)
				s.free()
				if r := decode(t, next(t, events)); r.text() != "hello" {
					t.Errorf("answer %+v", r)
				}
			})
		}
	}
}

func TestStream_twoCallsAtOnce_eachSeesItsOwnProgressOnly(t *testing.T) {
	s := newSite(t)
	one := s.send(s.request(legacyCall("5", "block", "one", `"one"`)))
	await(t, s.entered)
	two := s.send(s.request(legacyCall("5", "block", "two", `"two"`)))
	await(t, s.entered)
	s.clock.Advance(headAfter) // the headers
	if err := s.clock.BlockUntilContext(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(DefaultKeepAlive)
	for name, answer := range map[string]<-chan *http.Response{"one": one, "two": two} {
		resp := await(t, answer)
		defer resp.Body.Close()
		events := bufio.NewReader(resp.Body)
		next(t, events)
		if r := decode(t, next(t, events)); r.Params.ProgressToken != name || r.Params.Progress != 1 {
			t.Errorf("%s got %+v", name, r)
		}
	}
}

func TestStream_clientOfJSONOnly_waitsInSilence(t *testing.T) {
	for _, accept := range []string{"application/json", "*/*", "application/json, text/event-stream;q=0", ""} {
		t.Run(accept, func(t *testing.T) {
			s := newSite(t)
			r := s.request(legacyCall("7", "block", "hello", `"abc"`))
			r.Header.Set("Accept", accept)
			if accept == "" {
				r.Header.Del("Accept")
			}
			answer := s.send(r)
			await(t, s.entered)
			s.clock.Advance(10 * DefaultKeepAlive)
			s.free()
			resp := await(t, answer)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.Header.Get("Content-Type") != "application/json" ||
				decode(t, string(body)).text() != "hello" {
				t.Errorf("%v %v %s", err, resp.Header, body)
			}
		})
	}
}

func TestStream_clientGoesAway_endsItsCall(t *testing.T) {
	for _, e := range eras() {
		for _, accept := range []string{"application/json, text/event-stream", "application/json"} {
			t.Run(e.name+" "+accept, func(t *testing.T) {
				s := newSite(t)
				ctx, leave := context.WithCancel(t.Context())
				r := s.request(e.call("7", "block", "me", "")).WithContext(ctx)
				r.Header.Set("Accept", accept)
				s.send(r)
				await(t, s.entered)
				leave()
				if who := await(t, s.left); who != "me" {
					t.Errorf("%q was cut off", who)
				}
			})
		}
	}
}

func TestStream_clientGoesAwayBetweenBeats_endsItsCall(t *testing.T) {
	s := newSite(t)
	ctx, leave := context.WithCancel(t.Context())
	answer := s.send(s.request(modernCall("7", "block", "me", "")).WithContext(ctx))
	await(t, s.entered)
	s.beat()
	defer await(t, answer).Body.Close()
	leave()
	await(t, s.left)
}

func TestStream_toolPanics_answersWithAnID(t *testing.T) {
	for _, e := range eras() {
		t.Run(e.name, func(t *testing.T) {
			s := newSite(t)
			resp, body := s.do(s.request(e.call("7", "fail", "", "")))
			r := decode(t, body)
			if resp.StatusCode != 200 || !r.Result.IsError || !strings.HasPrefix(r.text(), "internal: ") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if strings.Contains(body, "a secret") || strings.Contains(s.log.String(), "a secret") {
				t.Error("the value of the panic is shown")
			}
		})
	}
}

func TestStream_handlerFails_answersInTheFormThatHasBegun(t *testing.T) {
	for _, c := range []struct {
		name          string
		begun, panics bool
		status        int
	}{
		{"panic before the stream", false, true, http.StatusInternalServerError},
		{"panic in the stream", true, true, http.StatusOK},
		{"silence before the stream", false, false, http.StatusServiceUnavailable},
		{"silence in the stream", true, false, http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, func(s *site, o *Options) {
				o.MCP = func(http.ResponseWriter, *http.Request, *mcp.Message) {
					s.entered <- ""
					<-s.release
					if c.panics {
						panic("a secret")
					}
				}
			})
			answer := s.send(s.request(legacyCall("7", "x", "", "")))
			await(t, s.entered)
			if c.begun {
				s.beat()
			} else {
				s.free()
			}
			s.checkEnd(await(t, answer), c.status, c.begun)
		})
	}
}

// checkEnd checks that the answer ends with an error that names request 7.
func (s *site) checkEnd(resp *http.Response, status int, begun bool) {
	s.t.Helper()
	defer resp.Body.Close()
	events := bufio.NewReader(resp.Body)
	if begun {
		next(s.t, events)
		s.free()
	}
	rest, err := io.ReadAll(events)
	if err != nil {
		s.t.Fatal(err)
	}
	r := decode(s.t, string(rest))
	if resp.StatusCode != status || r.Error.Code != codeInternal || string(r.ID) != "7" {
		s.t.Errorf("%d %s", resp.StatusCode, rest)
	}
	if strings.Contains(string(rest)+s.log.String(), "a secret") {
		s.t.Error("the value of the panic is shown")
	}
}

func TestServer_shutdown_letsCallsEndWithTheirAnswers(t *testing.T) {
	s := newSite(t)
	quiet := s.send(s.request(legacyCall("1", "block", "quiet", "")))
	await(t, s.entered)
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Shutdown(t.Context()) }()
	s.free()
	resp := await(t, quiet)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || decode(t, string(body)).text() != "quiet" {
		t.Errorf("%v %s", err, body)
	}
	if err := await(t, stopped); err != nil {
		t.Error(err)
	}
}
