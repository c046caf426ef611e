package lambdahttp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// urlEvent is an event of a Function URL.
func urlEvent(method, path string) *event {
	e := &event{LambdaFunctionURLRequest: events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: path,
		Headers: map[string]string{"host": "x.lambda-url.eu-west-1.on.aws"},
	}}
	e.RequestContext.DomainName = "x.lambda-url.eu-west-1.on.aws"
	e.RequestContext.HTTP = events.LambdaFunctionURLRequestContextHTTPDescription{Method: method, SourceIP: "192.0.2.7"}
	return e
}

// answered is an answer as the front reads it.
type answered struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// answers returns the answers of h to e, streamed and in one piece.
func answers(t *testing.T, h http.HandlerFunc, e *event) map[string]answered {
	t.Helper()
	got := map[string]answered{}
	for mode, buffered := range map[string]bool{"streamed": false, "in one piece": true} {
		f := newFront(h, Options{Buffered: buffered, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		a, err := f.invoke(ctx, e)
		if err != nil {
			t.Fatal(mode, err)
		}
		text, err := io.ReadAll(a)
		if err != nil {
			t.Fatal(mode, err)
		}
		if err := a.Close(); err != nil || !f.busy.TryLock() {
			t.Errorf("%s: closed with %v, and still counted as under way", mode, err)
		}
		head, body, _ := bytes.Cut(text, make([]byte, 8))
		var x answered
		if err := json.Unmarshal(head, &x); err != nil {
			t.Fatalf("%s: %q: %v", mode, text, err)
		}
		if !buffered {
			x.Body = string(body)
		}
		got[mode] = x
	}
	return got
}

func TestAnswer_closedBeforeItsEnd_endsTheHandler(t *testing.T) {
	ended := make(chan error)
	f := newFront(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
		ended <- r.Context().Err()
	}), Options{Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, err := f.invoke(ctx, urlEvent("GET", "/"))
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := <-ended; err != context.Canceled {
		t.Errorf("the handler's context ended with %v", err)
	}
}

func TestAnswer_statusHeadersAndCookies_arrive(t *testing.T) {
	for mode, got := range answers(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Accept")
		w.WriteHeader(http.StatusEarlyHints) // cannot be sent
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK) // the first counts
		_, _ = io.WriteString(w, "one, ")
		_, _ = io.WriteString(w, "two & <three>")
	}, urlEvent("GET", "/")) {
		if got.StatusCode != http.StatusTeapot || got.Headers["Vary"] != "Origin,Accept" ||
			got.Headers["Set-Cookie"] != "" {
			t.Errorf("%s: %+v", mode, got)
		}
		if len(got.Cookies) != 2 || got.Cookies[1] != "b=2" || got.Body != "one, two & <three>" || got.IsBase64Encoded {
			t.Errorf("%s: %+v", mode, got)
		}
	}
}

func TestAnswer_nothingWritten_is200(t *testing.T) {
	for mode, got := range answers(t, func(http.ResponseWriter, *http.Request) {}, urlEvent("GET", "/")) {
		if got.StatusCode != 200 || got.Body != "" {
			t.Errorf("%s: %+v", mode, got)
		}
	}
}

func TestAnswer_statusWithoutBody_hasNone(t *testing.T) {
	for mode, got := range answers(t, func(w http.ResponseWriter, _ *http.Request) {
		if n, err := io.WriteString(w, "hello"); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}, urlEvent("HEAD", "/")) {
		if got.StatusCode != 200 || got.Body != "" {
			t.Errorf("HEAD, %s: %+v", mode, got)
		}
	}
	for mode, got := range answers(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		if _, err := io.WriteString(w, "hello"); err != http.ErrBodyNotAllowed {
			t.Error(err)
		}
	}, urlEvent("GET", "/")) {
		if got.StatusCode != 204 || got.Body != "" {
			t.Errorf("204, %s: %+v", mode, got)
		}
	}
}

func TestAnswer_binaryBody_isBase64IfBuffered(t *testing.T) {
	got := answers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0}) },
		urlEvent("GET", "/"))
	if x := got["in one piece"]; x.Body != "/wA=" || !x.IsBase64Encoded {
		t.Errorf("in one piece: %+v", x)
	}
	if x := got["streamed"]; x.Body != "\xff\x00" {
		t.Errorf("streamed: %+v", x)
	}
}

func TestRequest_event_becomesTheRequestOfNetHTTP(t *testing.T) {
	e := urlEvent("PUT", "/a%2Fb/c")
	e.RawQueryString = "x=1&y=%20"
	e.Headers["content-type"], e.Headers["x-list"] = "text/plain", "a,b"
	e.Cookies = []string{"c=1", "d=2"}
	e.Body = "aGVsbG8="
	e.IsBase64Encoded = true
	answers(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "hello" || r.ContentLength != 5 {
			t.Errorf("body %q, %v, length %d", body, err, r.ContentLength)
		}
		if r.Method != "PUT" || r.URL.Path != "/a/b/c" || r.URL.EscapedPath() != "/a%2Fb/c" ||
			r.URL.Query().Get("y") != " " || r.RequestURI != "/a%2Fb/c?x=1&y=%20" {
			t.Errorf("%s %+v %s", r.Method, r.URL, r.RequestURI)
		}
		if r.Host != "x.lambda-url.eu-west-1.on.aws" || r.RemoteAddr != "192.0.2.7:0" || r.Header.Get("Host") != "" {
			t.Errorf("host %q, from %q, %v", r.Host, r.RemoteAddr, r.Header)
		}
		if cookie, err := r.Cookie("d"); err != nil || cookie.Value != "2" ||
			r.Header.Get("Content-Type") != "text/plain" || r.Header.Get("X-List") != "a,b" {
			t.Errorf("%v %v", r.Header, err)
		}
		if _, ok := r.Context().Deadline(); !ok {
			t.Error("the request has no deadline")
		}
	}, e)
}

func TestRequest_noHost_hasTheHostOfTheFront(t *testing.T) {
	e := urlEvent("GET", "")
	e.Headers = nil
	answers(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Host != "x.lambda-url.eu-west-1.on.aws" || r.URL.Path != "/" || len(r.Header) != 0 ||
			r.ContentLength != 0 {
			t.Errorf("%+v", r)
		}
	}, e)
}

func TestRequest_pathWithTwoSlashes_staysAPath(t *testing.T) {
	answers(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "//evil.example/x" || r.URL.Host != "" {
			t.Errorf("%+v", r.URL)
		}
	}, urlEvent("GET", "//evil.example/x"))
}

func TestRequest_stageOfAnHTTPAPI_isNoPartOfThePath(t *testing.T) {
	for _, c := range []struct{ stage, sent, want string }{
		{"prod", "/prod/k/KEY/mcp", "/k/KEY/mcp"}, {"prod", "/prod/", "/"}, {"prod", "/prod", "/"},
		{"prod", "/prod/a/", "/a/"},
		{"prod", "/prod//a", "//a"}, {"prod", "/prod2/mcp", "/prod2/mcp"}, {"prod", "/mcp", "/mcp"},
		{"$default", "/$default/mcp", "/$default/mcp"}, {"", "//mcp", "//mcp"},
	} {
		e := urlEvent("GET", c.sent)
		e.RequestContext.Stage = c.stage
		if got := e.path(); got != c.want {
			t.Errorf("%q in the stage %q is %q; want %q", c.sent, c.stage, got, c.want)
		}
	}
}

func TestRequest_malformed_is400(t *testing.T) {
	broken := urlEvent("POST", "/")
	broken.Body, broken.IsBase64Encoded = "*", true
	query := urlEvent("GET", "/")
	query.RawQueryString = "\x7f"
	for name, e := range map[string]*event{
		"path": urlEvent("GET", "/%zz"), "body": broken, "query": query,
	} {
		for mode, got := range answers(t, func(http.ResponseWriter, *http.Request) {
			t.Errorf("%s: the handler was called", name)
		}, e) {
			if got.StatusCode != 400 || !strings.Contains(got.Body, name) {
				t.Errorf("%s, %s: %+v", name, mode, got)
			}
		}
	}
}
