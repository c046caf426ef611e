package outcall

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestParseSecret_key_has24To64Bytes(t *testing.T) {
	for text, want := range map[string]bool{
		secret:                               true,
		"whsec_" + strings.Repeat("AAAA", 8): true,
		"whsec_" + strings.Repeat("AAAA", 21) + "AA==": true,
		"whsec_" + strings.Repeat("AAAA", 7) + "AAA=":  false,
		"whsec_" + strings.Repeat("AAAA", 21) + "AAA=": false,
		strings.Repeat("AAAA", 8):                      false,
		"WHSEC_" + strings.Repeat("AAAA", 8):           false,
		"whsec_" + strings.Repeat("A-A_", 8):           false,
		secret + "\n":                                  false,
		strings.TrimSuffix(secret, "="):                false,
		"":                                             false,
	} {
		if err := ParseSecret(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The library is that of Standard Webhooks. What is not named here is not sent, so no token, key or
// cookie is.
func TestPost_request_isSignedAndHoldsNothingElse(t *testing.T) {
	type got struct {
		header http.Header
		body   string
	}
	var calls []got
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Host != name || r.URL.String() != "/hook?a=b%2Fc" {
			t.Errorf("%s %s of %s: %v", r.Method, r.URL, r.Host, err)
		}
		calls = append(calls, got{r.Header.Clone(), string(body)})
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "thanks")
	})
	c := h.caller(Options{Version: "1.2.3"})
	call := to("https://Hooks.Example.com/hook?a=b%2Fc#d")
	call.Header = map[string]string{"X-Mcp-Subscription-Id": "7", Mark: "0", "Webhook-Id": "other"}
	for try := range 2 {
		call.At = call.At.Add(time.Duration(try) * 30500 * time.Millisecond)
		answer, err := c.Post(t.Context(), call)
		if err != nil || answer.Status != 202 || string(answer.Body) != "thanks" {
			t.Fatalf("%+v %v", answer, err)
		}
	}
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	for try, got := range calls {
		if err := wh.VerifyIgnoringTimestamp([]byte(got.body), got.header); err != nil {
			t.Error(err)
		}
		if err := wh.VerifyIgnoringTimestamp([]byte(got.body+" "), got.header); err == nil {
			t.Error("another body has the same signature")
		}
		delete(got.header, "Webhook-Signature")
		want := http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {fmt.Sprint(1700000000 + 30*try)},
			"Content-Type": {"application/json"}, "Content-Length": {"7"}, "Accept-Encoding": {"identity"},
			"User-Agent": {"Parley/1.2.3"}, "Parley-Outbox": {"1"}, "X-Mcp-Subscription-Id": {"7"},
			"Connection": {"close"}}
		if !maps.EqualFunc(got.header, want, slices.Equal[[]string]) || got.body != `{"a":1}` {
			t.Errorf("try %d: %v %s, want %v", try, got.header, got.body, want)
		}
	}
}

func TestPost_wrongSecret_isNotSent(t *testing.T) {
	h := newHost(t, say("hello"))
	call := to("https://" + name)
	call.Secret = "whsec_short"
	if _, err := h.caller(Options{}).Post(t.Context(), call); kind(t, err) != Forbidden || h.looked.Load() != 0 {
		t.Error(err)
	}
}
