package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table/sqlite"
)

// The addresses of files end after 15 minutes, which pass here without anybody waiting for them.
func TestAttack_files_addressesUsedLate(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		server := withinProcess(t, filepath.Join(dir, "parley.db"))
		ask := func(method, address, body string) (int, string) {
			r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
			r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:999"
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			text, err := io.ReadAll(w.Result().Body)
			if err != nil {
				t.Fatal(err)
			}
			return w.Code, string(text)
		}
		call := func(tool string, arguments args) (got struct {
			AgentToken string `json:"agent_token"`
			Messages   []json.RawMessage
			shared
		}) {
			t.Helper()
			body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call",
				"params": map[string]any{"name": tool, "arguments": arguments}})
			if err != nil {
				t.Fatal(err)
			}
			status, text := ask(http.MethodPost, "http://127.0.0.1:8080/mcp", string(body))
			var answer struct {
				Result struct{ Content []struct{ Text string } }
			}
			if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Result.Content) == 0 {
				t.Fatalf("%s: %d %s", tool, status, text)
			}
			if err := json.Unmarshal([]byte(answer.Result.Content[0].Text), &got); err != nil {
				t.Fatalf("%s: %s", tool, text)
			}
			return got
		}
		hers := args{"agent_token": call("create_room", args{"room": "late", "agent_name": "Ann"}).AgentToken}
		his := args{"agent_token": call("join_room", args{"room": "late", "agent_name": "Bob"}).AgentToken}
		id := call("share_file", hers.with(args{"name": "a.txt", "text": "early"})).ID
		download := command.FindStringSubmatch(call("get_file", his.with(args{"id": id})).Download)[2]
		var uploads [2]string
		for n := range uploads {
			uploads[n] = call("share_file", hers.with(args{"name": "b.txt", "size": 100})).Upload.Page
		}

		<-time.After(15*time.Minute - time.Second)
		for _, early := range [][3]string{{http.MethodGet, download, ""}, {http.MethodPut, uploads[0], "in time"}} {
			if status, text := ask(early[0], early[1], early[2]); status != http.StatusOK {
				t.Errorf("%s a second before the end: %d %s", early[0], status, text)
			}
		}
		tried := 0
		for _, wait := range []time.Duration{2 * time.Second, time.Hour, 24 * time.Hour} {
			<-time.After(wait)
			for _, late := range [][3]string{{http.MethodGet, download, ""}, {http.MethodHead, download, ""},
				{http.MethodPut, uploads[1], "late"}, {http.MethodPost, uploads[1], "late"}} {
				if status, text := ask(late[0], late[1], late[2]); status != http.StatusNotFound {
					t.Errorf("%s %v after the end: %d %s", late[0], wait, status, text)
				}
				tried++
			}
		}
		if all := call("message_history", his.with(args{"files": true})).Messages; len(all) != 2 {
			t.Errorf("there are %d files: %s", len(all), all)
		}
		attacks(t, "addresses of files a second before their 15 minutes end: let in; %d times after it: never", tried)
	})
}

// withinProcess is a server that strangers may reach, whose time is that of the test.
func withinProcess(t *testing.T, file string) http.Handler {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{OnLoopback: true,
		Open: func(context.Context, *meter.Meter) (app.Store, error) {
			tab, err := sqlite.Open(file, sqlite.Options{Files: sqlite.FileOptions{Total: 1 << 30}})
			if err != nil {
				return app.Store{}, err
			}
			return app.Store{Table: tab, Files: tab.Files(), SingleProcess: true, Close: tab.Close}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a.Handler
}
