package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/engine"
)

func TestLock_heldByAnother_waitsUntilTheContextEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := engine.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Lock(ctx, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("the second lock: %v", err)
	}
	unlock()
	unlock, err = engine.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
