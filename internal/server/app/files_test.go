package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// withFiles returns a server that takes files, behind a real socket, and the log of the server.
func withFiles(t *testing.T, s app.Settings) (base string, tab *sqlite.Table, log *secretscan.Buffer) {
	t.Helper()
	tab, err := sqlite.Open(filepath.Join(t.TempDir(), "parley.db"), sqlite.Options{
		Files: sqlite.FileOptions{Total: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	base, log = serveFiles(t, s, tab)
	return base, tab, log
}

// serveFiles returns a further server on a table.
func serveFiles(t *testing.T, s app.Settings, tab *sqlite.Table) (base string, log *secretscan.Buffer) {
	t.Helper()
	log = secretscan.NewBuffer(t)
	a, err := app.New(t.Context(), app.Config{Settings: s, OnLoopback: true,
		Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Open: func(context.Context, *meter.Meter) (store app.Store, err error) {
			return app.Store{Table: tab, Files: tab.Files(), SingleProcess: true}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler)
	t.Cleanup(func() {
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL, log
}

// result is the part of the result of a tool about files that tests read.
type result struct {
	Code       string
	Sent       bool
	ID         string
	AgentToken string `json:"agent_token"`
	Upload     struct{ Line, Page string }
	Download   string
}

// tool calls a tool at a path of MCP.
func tool(t *testing.T, base, path, name string, arguments map[string]any) (got result) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
		"params": map[string]any{"name": name, "arguments": arguments}})
	if err != nil {
		t.Fatal(err)
	}
	resp, text := do(t, http.MethodPost, base+path, string(body), "Content-Type", "application/json")
	var answer struct {
		Result struct{ StructuredContent result }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%d %s: %v", resp.StatusCode, text, err)
	}
	return answer.Result.StructuredContent
}

// do makes a request with headers.
func do(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		r.Body, r.ContentLength = nil, 0
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "chunked" {
			r.ContentLength = -1
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// downloadOf returns the address in the command of a download.
func downloadOf(t *testing.T, got result) string {
	t.Helper()
	parts := strings.Split(got.Download, "'")
	if len(parts) != 5 || parts[0] != "curl -fsS -o " || !strings.HasPrefix(parts[1], "parley-"+got.ID) {
		t.Fatalf("%+v", got)
	}
	return parts[3]
}

func TestFiles_overHTTP(t *testing.T) {
	base, _, log := withFiles(t, app.Settings{})
	ann := tool(t, base, "/mcp", "join_room", map[string]any{"room": "plans", "agent_name": "Ann"}).AgentToken
	bob := tool(t, base, "/mcp", "join_room", map[string]any{"room": "plans", "agent_name": "Bob"}).AgentToken
	offer := func(size int) string {
		t.Helper()
		got := tool(t, base, "/mcp", "share_file", map[string]any{"agent_token": ann, "name": "/x/page.html",
			"size": size})
		if got.Sent || !strings.HasPrefix(got.Upload.Page, base+"/v1/upload/") {
			t.Fatalf("%+v", got)
		}
		return got.Upload.Page
	}
	const script = "<html><script>alert(1)</script>"
	at := offer(100)
	mistyped := at[:len(at)-1] + "!"
	for what, c := range map[string]struct {
		method, url, body string
		headers           []string
		want              int
	}{
		"compressed":              {"PUT", at, "x", []string{"Content-Encoding", "gzip"}, 415},
		"a part":                  {"PUT", at, "x", []string{"Content-Range", "bytes 1-1/2"}, 415},
		"a form":                  {"POST", at, "x", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		"too long":                {"PUT", at, strings.Repeat("x", 101), nil, 413},
		"too long, of any length": {"PUT", at, strings.Repeat("x", 101), []string{"chunked", ""}, 413},
		"empty":                   {"PUT", at, "", nil, 400},
		"mistyped":                {"PUT", mistyped, "x", nil, 404},
		"another method":          {"DELETE", at, "", nil, 405},
		"of a foreign page":       {"PUT", at, "x", []string{"Origin", "https://evil.example"}, 403},
	} {
		resp, text := do(t, c.method, c.url, c.body, c.headers...)
		if resp.StatusCode != c.want || !json.Valid([]byte(text)) || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", what, resp.StatusCode, text)
		}
	}
	if resp, text := do(t, "GET", at, ""); resp.StatusCode != 200 || !strings.Contains(text, "100 bytes") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if resp, text := do(t, "GET", at, "", "Accept", "application/json"); resp.StatusCode != 200 ||
		!strings.Contains(text, `"name":"page.html","size":100`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	var sent result
	for i, want := range []int{200, 200, 409} {
		method, body := []string{"PUT", "POST", "PUT"}[i], script
		if want == 409 {
			body = "other"
		}
		resp, text := do(t, method, at, body)
		if resp.StatusCode != want {
			t.Errorf("upload %d: %d %s", i, resp.StatusCode, text)
		}
		var got result
		if err := json.Unmarshal([]byte(text), &got); err != nil || want == 200 && (!got.Sent || i > 0 &&
			got.ID != sent.ID) {
			t.Errorf("upload %d: %s, %v", i, text, err)
		}
		if i == 0 {
			sent = got
		}
	}

	got := tool(t, base, "/mcp", "get_file", map[string]any{"agent_token": bob, "id": sent.ID})
	got.ID = sent.ID
	from := downloadOf(t, got)
	for what, c := range map[string]struct {
		method, spec, body, part string
		want                     int
	}{
		"all": {"GET", "", script, "", 200}, "its headers": {"HEAD", "", "", "", 200},
		"a range":   {"GET", "bytes=1-4", script[1:5], fmt.Sprintf("bytes 1-4/%d", len(script)), 206},
		"the end":   {"GET", "bytes=-3", script[len(script)-3:], "", 206},
		"two parts": {"GET", "bytes=0-1,4-5", script, "", 200},
		"too far":   {"GET", "bytes=500-", "", fmt.Sprintf("bytes */%d", len(script)), 416},
	} {
		resp, text := do(t, c.method, from, "", "Range", c.spec)
		h := resp.Header
		if resp.StatusCode != c.want || c.want < 400 && text != c.body || c.part != "" &&
			h.Get("Content-Range") != c.part {
			t.Errorf("%s: %d %q %v", what, resp.StatusCode, text, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" ||
			c.want < 400 && (h.Get("Content-Disposition") != `attachment; filename="parley-`+sent.ID+`.txt"` ||
				!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
				h.Get("Content-Type") != "text/plain; charset=utf-8") {
			t.Errorf("%s: %v", what, h)
		}
	}
	for what, address := range map[string]string{"mistyped": from[:len(from)-1] + "!",
		"an upload's": strings.Replace(at,
			"/upload/", "/file/", 1)} {
		if resp, text := do(t, "GET", address, ""); resp.StatusCode != 404 || strings.HasPrefix(text, "{") ||
			text == "" {
			t.Errorf("%s: %d %s", what, resp.StatusCode, text)
		}
	}
	tool(t, base, "/mcp", "update_room", map[string]any{"agent_token": ann, "redact": sent.ID})
	if resp, text := do(t, "GET", from, ""); resp.StatusCode != 404 || !strings.Contains(text, "removed") {
		t.Errorf("once it is removed: %d %s", resp.StatusCode, text)
	}
	logged := log.String() // the buffer fails the test for a code or a ticket
	for _, secret := range []string{"page.html", "alert(1)", at[len(base):], from[len(base):]} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	for _, route := range []string{`"path":"/v1/upload/{code}"`, `"path":"/v1/file/{ticket}"`} {
		if !strings.Contains(logged, route) {
			t.Errorf("the log lacks %s", route)
		}
	}
}

// The address of a file needs no key, but is valid only as long as the key of its agent.
func TestFiles_onAServerWithKeys_dependOnTheKeyOfTheAgent(t *testing.T) {
	base, tab, _ := withFiles(t, app.Settings{Access: "keys"})
	keys := access.NewKeys(tab, clockwork.NewRealClock(), slog.New(slog.DiscardHandler))
	key, err := keys.Add(t.Context(), "Ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	path := "/k/" + key.String() + "/mcp"
	ann := tool(t, base, path, "join_room", map[string]any{"room": "plans", "agent_name": "Ann"}).AgentToken
	share := map[string]any{"agent_token": ann, "name": "a.txt", "size": 9}
	at := tool(t, base, path, "share_file", share).Upload.Page
	resp, text := do(t, "PUT", at, "text")
	var sent result
	if err := json.Unmarshal([]byte(text), &sent); err != nil || !sent.Sent {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	got := tool(t, base, path, "get_file", map[string]any{"agent_token": ann, "id": sent.ID})
	got.ID = sent.ID
	from := downloadOf(t, got)
	if resp, text := do(t, "GET", from, ""); resp.StatusCode != 200 || text != "text" {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	share["name"] = "b.txt"
	late := tool(t, base, path, "share_file", share).Upload.Page
	if _, err := keys.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	again, _ := serveFiles(t, app.Settings{Access: "keys"}, tab) // the first server caches the key for half a minute
	late, from = strings.Replace(late, base, again, 1), strings.Replace(from, base, again, 1)
	for what, r := range map[string][3]string{"an upload": {"PUT", late, "x"}, "a look": {"GET", late, ""},
		"a download": {"GET", from, ""}} {
		if resp, text := do(t, r[0], r[1], r[2]); resp.StatusCode != 404 || !strings.Contains(text, "key") {
			t.Errorf("%s without the key: %d %s", what, resp.StatusCode, text)
		}
	}
}
