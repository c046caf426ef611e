package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/connect"
	"github.com/parley-chat/parley/internal/doctor"
)

func TestRun_unknownAuthority_saysHowToTrustIt(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", home)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	fix := ""
	doctor.Run(t.Context(), doctor.Options{
		Server: server.URL, Version: "1",
		Machine: connect.Machine{Home: home, Config: home, State: home, Getenv: func(string) string { return "" }},
		Tell: func(r doctor.Result) {
			if r.Check == "connection" && r.Level == doctor.Failed {
				fix = r.Fix
			}
		},
	})
	if !strings.Contains(fix, "SSL_CERT_FILE") {
		t.Errorf("to fix it, it says %q", fix)
	}
}
