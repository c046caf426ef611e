// Package apptest serves rooms to the tests of clients.
package apptest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/meter"
	"github.com/parley-chat/parley/internal/table/sqlite"
)

// Serve serves rooms on the loopback until the test ends, and returns the address of the
// server. front, if not nil, returns the handler that stands in front of Parley's.
func Serve(t *testing.T, front func(http.Handler) http.Handler) (base string) {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{OnLoopback: true, Open: func(context.Context, *meter.Meter) (app.Store, error) {
		tab, err := sqlite.Open(filepath.Join(t.TempDir(), "parley.db"), sqlite.Options{})
		if err != nil {
			return app.Store{}, err
		}
		return app.Store{Table: tab, SingleProcess: true, Close: tab.Close}, nil
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
