package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/a2a"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
)

var update = flag.Bool("update", false, "write what the routes answer")

// oddMethods are the methods of the requests for each path of testdata/routes.txt.
var oddMethods = []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "CONNECT", "ODD"}

// Each path leads to the route that the log names, or to none, and is neither cleaned nor redirected: clients keep
// the addresses that they were given, some with a slash at the end. `go test ./internal/api/httpapi -run
// Routes_oddPaths -update` writes the routes; the paths in the file stay.
func TestRoutes_oddPaths_leadWhereTheyAlwaysDid(t *testing.T) {
	const file = "testdata/routes.txt"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := allRoutes(t)
	few := Options{Page: all.Page, MCP: all.MCP}
	var got strings.Builder
	for line := range strings.Lines(string(want)) {
		path, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if path == "" || path[0] == '#' {
			got.WriteString(line)
			continue
		}
		fmt.Fprintf(&got, "%s\t%s\t%s\n", path, answersTo(t, all, path), answersTo(t, few, path))
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(old) || line != old[i] {
			t.Errorf("%s\n%s is wanted", line, old[min(i, len(old)-1)])
		}
	}
}

// allRoutes are the options of a server that has every address. Each handler writes the request that it got.
func allRoutes(t *testing.T) Options {
	t.Helper()
	clock := clockwork.NewFakeClock()
	return Options{
		Page: pages(t), Clock: clock,
		MCP: func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message) { _, _ = io.WriteString(w, "to MCP") },
		Tools: []mcp.Tool{{Name: "echo", Call: func(context.Context, json.RawMessage, *mcp.Record) (any, error) {
			return "to a tool", nil
		}}},
		A2A: func(w http.ResponseWriter, _ *http.Request, _ *mcp.Message, p a2a.Place) {
			_, _ = fmt.Fprintf(w, "to %v %q", p.Room, p.Name)
		},
		Card: func(_ context.Context, p a2a.Place, rpc string) ([]byte, error) {
			return fmt.Appendf(nil, "to %v %q %s", p.Room, p.Name, rpc), nil
		},
		Standby: func(context.Context, chat.WaitRequest) tools.Standby {
			return tools.Standby{JSON: []byte("to wait")}
		},
		News: func(context.Context, tools.NewsAsked, tools.Admission) mcp.Outcome {
			return mcp.Outcome{Value: "to tell news"}
		},
		Upload: func(_ context.Context, code string, _ io.Reader) tools.Uploaded {
			return tools.Uploaded{JSON: fmt.Appendf(nil, `"to upload %s"`, code)}
		},
		LookAtUpload: func(_ context.Context, code string) (chat.UploadView, error) {
			return chat.UploadView{Name: code}, nil
		},
		Download: func(_ context.Context, ticket string) (chat.Download, error) {
			return chat.Download{ID: ticket, Open: func(context.Context, int64, int64) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("to " + ticket)), nil
			}}, nil
		},
		Gate: access.New(access.Options{Clock: clock, Logger: slog.New(slog.DiscardHandler),
			Invite: func(context.Context, ident.Invite) (bool, error) { return true, nil }}),
	}
}

// answersTo returns the route of a path, and for each method the status of the answer with the words of the handler
// of allRoutes; one status if all are alike.
func answersTo(t *testing.T, o Options, path string) string {
	t.Helper()
	code := ident.NewInvite(logKey, "r000000", 1).String()
	at, err := url.ParseRequestURI(strings.ReplaceAll(path, "CODE", code))
	if err != nil && path != "(none)" {
		t.Fatal(err)
	}
	if at == nil {
		at = &url.URL{}
	}
	routes, all := map[string]bool{}, []string{}
	for _, method := range oddMethods {
		var log bytes.Buffer
		o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w, h := httptest.NewRecorder(), New(o)
		body, _ := legacyCall("7", "echo", "me", "")
		r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
		r.URL, r.RequestURI = at, path
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer somebody")
		h.ServeHTTP(w, r)
		var line struct{ Path string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%v in %s", err, log.Bytes())
		}
		routes[line.Path] = true
		said := strings.TrimSpace(w.Body.String())
		if to, from, found := strings.Cut(said, "to "); w.Code != 200 || !found || len(to) > 1 || len(from) > 100 {
			said = ""
		}
		all = append(all, strings.TrimSpace(fmt.Sprint(w.Code, " ", strings.ReplaceAll(said, code, "CODE"))))
	}
	if len(routes) != 1 {
		t.Errorf("%s has more than one route: %v", path, routes)
	}
	if len(slices.Compact(slices.Clone(all))) == 1 {
		all = all[:1]
	}
	return strings.Join(slices.Collect(maps.Keys(routes)), " ") + " " + strings.Join(all, ",")
}
