// Package apptest serves rooms to the tests of clients.
package apptest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// Serve serves rooms on the loopback until the test ends, and returns the address of the
// server. front, if not nil, returns the handler that stands in front of Parley's.
func Serve(t *testing.T, front func(http.Handler) http.Handler) (base string) {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{OnLoopback: true,
		Open: func(context.Context, *meter.Meter) (app.Store, error) {
			tab, remove := sqlitetest.OpenUntil(t, nil)
			return app.Store{Table: tab, Files: tab.Files(), SingleProcess: true, Close: remove}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	h := a.Handler
	if front != nil {
		h = front(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		a.Stop()
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}
