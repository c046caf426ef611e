package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// recorder keeps the reports of the app.
type recorder struct {
	calls  []meter.Call
	totals func() meter.Totals
}

func (r *recorder) Observe(c meter.Call)             { r.calls = append(r.calls, c) }
func (r *recorder) Watch(totals func() meter.Totals) { r.totals = totals }

func onFile(t *testing.T, c app.Config) *app.App {
	t.Helper()
	a, _ := onTable(t, c)
	return a
}

// onTable also returns the table in the file.
func onTable(t *testing.T, c app.Config) (a *app.App, tab *sqlite.Table) {
	t.Helper()
	c.Open = func(context.Context, *meter.Meter) (s app.Store, err error) {
		tab, err = sqlite.Open(filepath.Join(t.TempDir(), "parley.db"), sqlite.Options{})
		if err != nil {
			return s, err
		}
		return app.Store{Table: tab, SingleProcess: true, Close: tab.Close}, nil
	}
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a, tab
}

func call(t *testing.T, h http.Handler, tool, arguments string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://parley.example/mcp", strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":`+arguments+`}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

func TestApp_call_reachesTheTableAndTheMetrics(t *testing.T) {
	seen := &recorder{}
	a := onFile(t, app.Config{Metrics: seen})
	defer a.Close()
	if got := call(t, a.Handler, "join_room", `{"room":"tea","agent_name":"Ann"}`); !strings.Contains(got,
		"http://parley.example/mcp") {
		t.Errorf("the invite does not name the address of the request: %s", got)
	}
	if len(seen.calls) != 1 || seen.calls[0].Tool != "join_room" || seen.calls[0].Code != meter.CodeOK ||
		seen.totals().Writes == 0 {
		t.Errorf("%+v, %+v", seen.calls, seen.totals())
	}
}

func TestApp_publicURL_isInTheInvite(t *testing.T) {
	a := onFile(t, app.Config{Settings: app.Settings{PublicURL: "https://chat.example/rooms/mcp"},
		Reachable: "192.168.1.7:8080"})
	defer a.Close()
	if got := call(t, a.Handler, "join_room", `{"room":"tea","agent_name":"Ann"}`); !strings.Contains(got,
		"https://chat.example/rooms/mcp") {
		t.Error(got)
	}
}

// An agent whose client has left must not stand in the queue for long.
func TestApp_leavingUnseen_asksForShortCallsInTheQueue(t *testing.T) {
	for unseen, wait := range map[bool]string{false: "wait_seconds 50)", true: "wait_seconds 20)"} {
		a := onFile(t, app.Config{LeavingUnseen: unseen})
		if got := call(t, a.Handler, "enter_queue",
			`{"agent_name":"Ann","wait_seconds":0}`); !strings.Contains(got, wait) {
			t.Errorf("leaving unseen %v: %s", unseen, got)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestApp_stopped_answersWaitsAtOnce(t *testing.T) {
	a := onFile(t, app.Config{})
	defer a.Close()
	joined := call(t, a.Handler, "join_room", `{"room":"tea","agent_name":"Ann"}`)
	valueOf := func(name string) string {
		return regexp.MustCompile(`"` + name + `":"([^"]+)"`).FindStringSubmatch(joined)[1]
	}
	a.Stop()
	if got := call(t, a.Handler, "wait_for_message", `{"agent_token":"`+valueOf("agent_token")+`","cursor":"`+
		valueOf("cursor")+`","wait_seconds":50}`); !strings.Contains(got, `"status":"quiet"`) {
		t.Error(got)
	}
}

func TestApp_readyUntilTheTableIsClosed(t *testing.T) {
	a := onFile(t, app.Config{})
	if err := a.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := a.Ready(t.Context()); err == nil {
		t.Error("a closed table is ready")
	}
}

func TestNew_tableThatCannotBeOpened_returnsTheError(t *testing.T) {
	_, err := app.New(t.Context(), app.Config{Open: func(context.Context, *meter.Meter) (app.Store, error) {
		return app.Store{}, table.ErrUnavailable
	}})
	if !errors.Is(err, table.ErrUnavailable) {
		t.Error(err)
	}
}

// A tunnel on this machine passes on the host name that clients called.
func TestApp_publicURL_isANameOfTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		settings app.Settings
		want     int // HTTP status
	}{
		"a tunnel": {app.Settings{PublicURL: "https://Chat.example:8443/rooms"}, 200},
		"a tunnel and a name": {app.Settings{PublicURL: "https://other.example",
			AllowHost: []string{"chat.example"}}, 200},
		"a tunnel of other name": {app.Settings{PublicURL: "https://other.example"}, 403},
		"neither":                {app.Settings{}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := onFile(t, app.Config{OnLoopback: true, Settings: c.settings})
			defer a.Close()
			server := httptest.NewServer(a.Handler)
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "chat.example:8443"
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", resp.StatusCode, c.want)
			}
		})
	}
}
