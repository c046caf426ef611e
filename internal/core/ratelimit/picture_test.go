package ratelimit_test

import (
	"context"
	"testing"

	"github.com/parley-chat/parley/internal/core/ratelimit"
)

func TestPicture_costsByItsPixelsAndAPartOfTheBudgetAtMost(t *testing.T) {
	const largest = 2000 * 2000
	for _, c := range []struct {
		units, pixels, most int // of a minute
	}{
		{3000, largest, 13}, {3000, 1920 * 1080, 25}, {3000, 200, 2624 * 100}, {300, largest, 6}, {40, largest, 6},
	} {
		clock := begun()
		l := ratelimit.New(ratelimit.Limits{Units: c.units}, clock)
		begin := func(address string) context.Context {
			t.Helper()
			ctx, err := l.Begin(from(t, address), ratelimit.Usual)
			if err != nil {
				t.Fatal(err)
			}
			return ctx
		}
		one, n := begin("192.0.2.1"), 0
		for l.Picture(one, c.pixels) == nil {
			n++
		}
		refusedFor(t, l.Picture(one, c.pixels))
		if n > c.most || n < c.most-1 {
			t.Errorf("%d units, %d pixels: %d pictures, want %d", c.units, c.pixels, n, c.most)
		}
		if err := l.Picture(begin("192.0.2.2"), c.pixels); err != nil {
			t.Errorf("another caller: %v", err)
		}
	}
	l := ratelimit.New(ratelimit.Limits{}, begun())
	ctx, err := l.Begin(from(t, "192.0.2.1"), ratelimit.Usual)
	if err != nil || l.Picture(ctx, largest) != nil {
		t.Error("without limits one is refused")
	}
}
