package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

func TestStandby_codesAndResults(t *testing.T) {
	c := caller(t, apptest.Serve(t, nil))
	ann, bob := join(t, c, "Ann"), join(t, c, "Bob")
	look := client.StandbyRequest{Token: ann.AgentToken, Peek: true, Wait: time.Millisecond}
	cursor := ann.Cursor
	for range 2 { // the second acknowledges the first
		var got results.Waited
		if err := c.Call(t.Context(), "wait_for_message", map[string]any{"agent_token": ann.AgentToken,
			"cursor": cursor, "wait_seconds": 0}, &got); err != nil {
			t.Fatal(err)
		}
		cursor = got.Cursor
	}
	if got, err := c.Standby(t.Context(), look); err != nil || got.Code != http.StatusRequestTimeout ||
		got.Status != results.StatusQuiet || got.RetryAfter != time.Second {
		t.Errorf("quiet: %+v, %v", got, err)
	}
	if err := c.Call(t.Context(), "send_message", map[string]any{"agent_token": bob.AgentToken, "text": "Milk?"},
		&results.Sent{}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it is not read by looking
		if got, err := c.Standby(t.Context(), look); err != nil || got.Code != http.StatusOK ||
			len(got.Messages) != 1 || got.Messages[0].Text != "Milk?" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	look.Token = strings.Repeat("x", len(ann.AgentToken))
	if got, err := c.Standby(t.Context(), look); err != nil || got.Code != http.StatusUnauthorized {
		t.Errorf("an unknown token: %+v, %v", got, err)
	}
}

func TestStandby_retryAfterThatIsAbsurd_isBounded(t *testing.T) {
	for _, given := range []string{"9223372036854775807", "-5", "999999999"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", given)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		got, err := client.New(server.URL, client.Options{}).Standby(t.Context(), client.StandbyRequest{Token: "t"})
		server.Close()
		if err != nil || got.RetryAfter < 0 || got.RetryAfter > 10*time.Minute {
			t.Errorf("%s: %v, %v", given, got.RetryAfter, err)
		}
	}
}
