package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDoctor_serversWords_cannotActOnTheTerminal(t *testing.T) {
	emptyHome(t)
	const words = `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no\u001b[2J\u009b31m\u202e\nok: wait: all is well"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(words))
	}))
	defer server.Close()
	for _, form := range []string{"", "--json"} {
		var out, notes strings.Builder
		args := strings.Fields("doctor --url " + server.URL + " " + form)
		if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out,
			err: &notes}); code != exitFailure {
			t.Errorf("exit code %d", code)
		}
		if said := out.String(); !strings.Contains(said, "no") || strings.ContainsAny(said, "\x1b\u009b\u202e") ||
			strings.Contains(said, "\nok: wait") {
			t.Errorf("it printed %q", said)
		}
	}
}
