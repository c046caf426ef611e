package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// The principal is stored with the seat, so that the snapshot of the room shows it.
func TestApp_callersOnThisMachine_areLocalUnlessOthersCanReachTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		config app.Config
		local  bool
	}{
		"on loopback":         {app.Config{OnLoopback: true}, true},
		"reachable by others": {app.Config{}, false},
		"with a public URL": {app.Config{OnLoopback: true,
			Settings: app.Settings{PublicURL: "https://chat.example"}}, false},
		"with a proxy": {app.Config{OnLoopback: true, Settings: app.Settings{TrustProxy: true}}, false},
		"with the name of a proxy": {app.Config{OnLoopback: true,
			Settings: app.Settings{AllowHost: []string{"chat.example"}}}, false},
		"with a page of another web": {app.Config{OnLoopback: true,
			Settings: app.Settings{AllowOrigin: []string{"https://page.example"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a, tab := onTable(t, c.config)
			defer a.Close()
			server := httptest.NewServer(a.Handler)
			defer server.Close()
			joinOver(t, server.URL)
			if got := strings.Contains(snapshot(t, tab), `"who":"local"`); got != c.local {
				t.Errorf("the caller is local: %v", got)
			}
		})
	}
}

// joinOver takes a seat over a connection.
func joinOver(t *testing.T, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"join_room","arguments":{"room":"tea","agent_name":"Ann"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// snapshot returns the snapshot of the only room, with its parts.
func snapshot(t *testing.T, tab *sqlite.Table) string {
	t.Helper()
	for partition, err := range tab.Partitions(t.Context(), "ROOM#", "META") {
		if err != nil {
			t.Fatal(err)
		}
		page, err := tab.Query(t.Context(), table.Range{Partition: partition, Prefix: "META", Limit: table.MaxLimit,
			Consistency: table.Strong})
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, item := range page.Items {
			all.Write(item.Data)
		}
		return all.String()
	}
	t.Fatal("there is no room")
	return ""
}
