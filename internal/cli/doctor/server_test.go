package doctor_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/connect"
	"github.com/parley-chat/parley/internal/cli/doctor"
)

// A fault on the way to the server, or another program in the server's place, is named with what helps. Checks that
// need no server still run.
func TestRun_noParleyServerThere_isNamedWithWhatHelps(t *testing.T) {
	answers := func(status int, kind, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	raw := func(words string) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, words)
				_ = conn.Close()
			}
		}()
		return "http://" + ln.Addr().String()
	}
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	const other = `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"other",` +
		`"version":"1"}}}}`
	const broken = `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"out of order"}}`
	const html = "text/html"
	for name, c := range map[string]struct{ url, says, fix string }{
		"a sign-in":            {answers(401, html, "<html>who are you?"), "the answer is 401", "sign-in"},
		"forbidden":            {answers(403, html, "<html>no"), "no MCP at this address", "sign-in"},
		"a page":               {answers(200, html, "<html>hello"), "the answer is text/html", "check the address"},
		"nothing behind it":    {answers(502, html, "<html>oh"), "the answer is 502 Bad", "any proxy in front"},
		"another path":         {answers(404, html, "<html>not here"), "no MCP at this address", "/mcp"},
		"another MCP":          {answers(200, "application/json", other), `"other", not Parley`, "--url"},
		"another result":       {answers(200, "application/json", `{"result":"fine"}`), "not Parley's", "check"},
		"an error":             {answers(500, "application/json", broken), "out of order", "log of the server"},
		"nothing":              {closed, "refused", client.StartIt},
		"it hangs up":          {raw(""), "http://127.0.0.1:", "check the address"},
		"no HTTP":              {raw("SSH-2.0-OpenSSH_9.9\r\n"), "does not speak HTTP", "check the address"},
		"no such name":         {"http://parley.invalid", "parley.invalid", "spelling"},
		"no TLS":               {strings.Replace(closed, "http:", "https:", 1), "refused", client.StartIt},
		"HTTP in place of TLS": {strings.Replace(answers(200, "", ""), "http:", "https:", 1), "speaks", "certificate"},
		"an unknown authority": {secure.URL, "certificate", "SSL_CERT_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("XDG_STATE_HOME", home)
			var all []doctor.Result
			failed := doctor.Run(t.Context(), doctor.Options{
				Server: c.url, Version: "1", Tell: func(r doctor.Result) { all = append(all, r) },
				Machine: connect.Machine{Home: home, Config: home, State: home,
					Getenv: func(string) string { return "" }},
			})
			first, last := all[0], all[len(all)-1]
			if first.Check != "server" || first.Level != doctor.Failed || !strings.Contains(first.What, c.says) ||
				!strings.Contains(first.Fix, c.fix) {
				t.Errorf("it says %+v, want %s; %s", first, c.says, c.fix)
			}
			if failed != 1 || last.Check != "wake" || last.Level != doctor.OK {
				t.Errorf("%d failed; the last answer is %+v", failed, last)
			}
		})
	}
}
