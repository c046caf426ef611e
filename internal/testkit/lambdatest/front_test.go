package lambdatest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// event is what a function sees of a request.
type event struct {
	Version         string
	RawPath         string
	RawQueryString  string
	Cookies         []string
	Headers         map[string]string
	Body            string
	IsBase64Encoded bool
	RequestContext  struct {
		DomainName string
		HTTP       struct{ Method, SourceIP string }
	}
}

func TestEvent_request_isToldWhole(t *testing.T) {
	q, err := http.NewRequestWithContext(t.Context(), "POST", "https://any.example/a%2Fb?x=1&y=%20",
		strings.NewReader(`{"n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Accept": {"a", "b"},
		"Cookie": {"c=1; d=2"}}
	text, err := lambdatest.Event(lambdatest.FunctionURLHost, q)
	if err != nil {
		t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if e.Version != "2.0" || e.RawPath != "/a%2Fb" || e.RawQueryString != "x=1&y=%20" ||
		e.RequestContext.HTTP.Method != "POST" || e.RequestContext.DomainName != lambdatest.FunctionURLHost {
		t.Errorf("%s", text)
	}
	if e.Body != `{"n":1}` || e.IsBase64Encoded || e.Headers["accept"] != "a,b" ||
		e.Headers["host"] != lambdatest.FunctionURLHost {
		t.Errorf("%s", text)
	}
	if _, kept := e.Headers["cookie"]; kept || len(e.Cookies) != 1 || e.Cookies[0] != "c=1; d=2" {
		t.Errorf("%s", text)
	}
}

// fetched is what a client got.
type fetched struct {
	*http.Response
	body string
	err  error
}

// get makes a request of client while a runtime answers it.
func get(t *testing.T, api *lambdatest.Runtime, client *http.Client, kind, answer string) fetched {
	t.Helper()
	got := make(chan fetched, 1)
	go func() {
		q, err := http.NewRequestWithContext(t.Context(), "GET", "https://any.example/", nil)
		if err != nil {
			got <- fetched{err: err}
			return
		}
		resp, err := client.Do(q)
		if err != nil {
			got <- fetched{err: err}
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		got <- fetched{resp, string(body), err}
	}()
	rt := process{t, api}
	id, _, _ := rt.next()
	rt.answer(id, kind, strings.NewReader(answer))
	return await(t, got)
}

const streamType = "application/vnd.awslambda.http-integration-response"

func TestFrontend_answer_hasStatusHeaderCookiesAndBody(t *testing.T) {
	const head = `"statusCode":201,"headers":{"X-A":"1"},"cookies":["a=1","b=2"]`
	nuls := strings.Repeat("\x00", 8)
	for name, c := range map[string]struct {
		front        func(*lambdatest.Runtime) *http.Client
		kind, answer string
	}{
		"Function URL": {(*lambdatest.Runtime).FunctionURL, streamType, "{" + head + "}" + nuls + "hello"},
		"HTTP API":     {(*lambdatest.Runtime).HTTPAPI, "application/json", "{" + head + `,"body":"hello"}`},
		"HTTP API in base64": {(*lambdatest.Runtime).HTTPAPI, "application/json",
			"{" + head + `,"body":"aGVsbG8=","isBase64Encoded":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			api := lambdatest.Listen(t)
			got := get(t, api, c.front(api), c.kind, c.answer)
			if got.err != nil || got.StatusCode != 201 || got.Header.Get("X-A") != "1" ||
				len(got.Header["Set-Cookie"]) != 2 || got.body != "hello" {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestFrontend_answerInAnotherForm_isRefused(t *testing.T) {
	nuls := strings.Repeat("\x00", 8)
	for name, c := range map[string]struct {
		front        func(*lambdatest.Runtime) *http.Client
		kind, answer string
	}{
		"in one piece to a Function URL": {(*lambdatest.Runtime).FunctionURL, "application/json", `{"statusCode":200}`},
		"no prelude":                     {(*lambdatest.Runtime).FunctionURL, streamType, "hello"},
		"a prelude cut short":            {(*lambdatest.Runtime).FunctionURL, streamType, "{}" + nuls[:7]},
		"a prelude that is not JSON":     {(*lambdatest.Runtime).FunctionURL, streamType, "{" + nuls},
		"a stream to an HTTP API": {(*lambdatest.Runtime).HTTPAPI, streamType,
			`{"statusCode":200}` + nuls + "hello"},
		"base64 that is none": {(*lambdatest.Runtime).HTTPAPI, "application/json",
			`{"body":"*","isBase64Encoded":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			api := lambdatest.Listen(t)
			if got := get(t, api, c.front(api), c.kind, c.answer); got.err == nil {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Lambda passes on 6 MB, in both directions.
func TestFrontend_tooLarge_isRefused(t *testing.T) {
	api := lambdatest.Listen(t)
	large := strings.Repeat("x", 6<<20)
	resp, err := api.FunctionURL().Post("https://any.example/", "text/plain", strings.NewReader(large))
	if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%+v, %v", resp, err)
	}
	got := get(t, api, api.HTTPAPI(), "application/json", `{"statusCode":200,"body":"`+large+`"}`)
	var failed *lambdatest.FunctionError
	if !errors.As(got.err, &failed) || failed.Type != "Function.ResponseSizeTooLarge" {
		t.Errorf("%v", got.err)
	}
}
