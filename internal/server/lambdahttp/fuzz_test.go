package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"
)

// FuzzEvent invokes the function with any event. Either the event is not a request, or the function answers and the
// handler receives the body of the event.
func FuzzEvent(f *testing.F) {
	post := urlEvent(http.MethodPost, "/mcp")
	post.Body, post.RawQueryString, post.Cookies = `{"jsonrpc":"2.0"}`, "a=b&%20", []string{"a=1", "b=2"}
	encoded := urlEvent(http.MethodPut, "//elsewhere/%2e%2e")
	encoded.Body, encoded.IsBase64Encoded = "AP8=", true
	for _, e := range []*event{post, encoded, urlEvent(http.MethodHead, ""), {HTTPMethod: http.MethodGet}, {}, nil} {
		text, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		var e *event
		if json.Unmarshal(sent, &e) != nil {
			return // aws-lambda-go refuses the event
		}
		for _, buffered := range []bool{false, true} {
			var got []byte
			served := false
			front := newFront(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				served = true
				got, _ = io.ReadAll(r.Body) // of a string
				_, _ = io.WriteString(w, "served")
			}), Options{Buffered: buffered, Logger: slog.New(slog.DiscardHandler)})
			text, err := invoked(t, front, e)
			if err != nil {
				if served {
					t.Errorf("served, and yet %v", err)
				}
				continue
			}
			if want := carried(e); served && !bytes.Equal(got, want) {
				t.Errorf("the handler was given %q, want %q", got, want)
			}
			head, _, _ := bytes.Cut(text, make([]byte, 8))
			var a answered
			if err := json.Unmarshal(head, &a); err != nil || served != (a.StatusCode == http.StatusOK) {
				t.Errorf("served %v, and answered %q: %v", served, head, err)
			}
		}
	})
}

// invoked returns the answer to e, read to its end.
func invoked(t *testing.T, f *front, e *event) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, err := f.invoke(ctx, e)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(a)
	if err != nil {
		t.Errorf("the answer is cut: %v", err)
	}
	if err := a.Close(); err != nil || !f.busy.TryLock() {
		t.Errorf("closed with %v, and still counted as under way", err)
	}
	return text, nil
}

// carried returns the body of an event.
func carried(e *event) []byte {
	if !e.IsBase64Encoded {
		return []byte(e.Body)
	}
	body, _ := base64.StdEncoding.DecodeString(e.Body) // after an error nothing is served
	return body
}
