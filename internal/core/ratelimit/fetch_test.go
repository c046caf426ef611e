package ratelimit

import (
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// The page counts by its size, so that its scripts cost an address no less than calls do.
func TestFetch_countsByItsSize(t *testing.T) {
	l := New(Limits{Units: 800}, clockwork.NewFakeClock())
	one, other := ident.WithAddress(t.Context(), "192.0.2.1"), ident.WithAddress(t.Context(), "192.0.2.2")
	fetched := 0
	for ; l.Fetch(one, 13*fetchStep) == nil; fetched++ { // 14 units each
		if fetched > 100 {
			t.Fatal("no fetch is refused")
		}
	}
	if fetched != 50 { // an eighth is kept
		t.Errorf("%d fetches", fetched)
	}
	if err := l.Fetch(one, 13*fetchStep); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("%v", err)
	}
	if err := l.Fetch(other, 13*fetchStep); err != nil {
		t.Errorf("another address: %v", err)
	}
}
