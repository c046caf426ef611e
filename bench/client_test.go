package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// serveAnswers answers each call with answer, and collects the bodies.
func serveAnswers(t *testing.T, answer http.HandlerFunc) (c *client, bodies *[]string) {
	t.Helper()
	bodies = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*bodies = append(*bodies, string(text))
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := dial(t.Context(), s.Listener.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c, bodies
}

func newCall(t *testing.T, c *client, text string) *request {
	t.Helper()
	r, err := newRequest(c.conn.RemoteAddr().String(), sendTool, map[string]any{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestClient_answersOfAnyForm_areReadCompletely(t *testing.T) {
	long := strings.Repeat("long ", 10_000)
	for name, answer := range map[string]http.HandlerFunc{
		"of known length": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "short") },
		"in chunks": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "in ")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "two")
		},
		"long":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, long) },
		"empty": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{"of known length": "short", "in chunks": "in two", "long": long,
				"empty": ""}[name]
			c, _ := serveAnswers(t, answer)
			r := newCall(t, c, "hello")
			for range 3 { // the next answer on the connection is read from its beginning
				got, err := c.call(r)
				if err != nil || string(got) != want {
					t.Fatalf("got %d bytes %.20q, error %v", len(got), got, err)
				}
			}
		})
	}
}

func TestClient_failedCall_isAnError(t *testing.T) {
	for _, answer := range []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"result":{"isError":true}}`) },
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error":{"code":-32602}}`) },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		c, _ := serveAnswers(t, answer)
		if got, err := c.call(newCall(t, c, "hello")); err == nil {
			t.Errorf("%q was accepted as an answer", got)
		}
	}
}

func TestRequest_eachSending_hasTheNextNumber(t *testing.T) {
	c, bodies := serveAnswers(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	r := newCall(t, c, "number "+counter)
	for range 12 {
		if _, err := c.call(r); err != nil {
			t.Fatal(err)
		}
	}
	if first, last := (*bodies)[0], (*bodies)[11]; !strings.Contains(first, "number 0000000001") ||
		!strings.Contains(last, "number 0000000012") {
		t.Errorf("first %s, last %s", first, last)
	}
	slices.Sort(*bodies)
	if n := len(slices.Compact(*bodies)); n != 12 {
		t.Errorf("%d different bodies of 12", n)
	}
}

func TestSendCall_body_hasTheDocumentedSize(t *testing.T) {
	c, bodies := serveAnswers(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	call, err := sendCall(c, strings.Repeat("x", 28))
	if err != nil {
		t.Fatal(err)
	}
	if err := call(); err != nil {
		t.Fatal(err)
	}
	if n := len((*bodies)[0]); n < 190 || n > 230 {
		t.Errorf("a body of %d bytes, want about 200", n)
	}
}
