package app

import (
	"testing"
)

func TestPercentFor_growsAsTheHeapShrinks(t *testing.T) {
	for live, want := range map[uint64]int{0: 800, 1 << 20: 800, 8 << 20: 400, 32 << 20: 100, 1 << 30: 100} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes: %d, want %d", live, got, want)
		}
	}
}

func TestBurst_isOver_onceItIsCalm(t *testing.T) {
	var b burst
	for second, s := range []struct {
		allocated uint64 // in that second
		over      bool
	}{
		{20 << 20, false}, {20 << 20, false},
		{100 << 10, true}, {100 << 10, false}, // nothing has come since
		{33 << 20, false}, {calmBytes, false}, {calmBytes - 1, true},
		{leastGarbage - 2, false}, {1, false}, {1, true},
	} {
		if over := b.observe(b.last + s.allocated); over != s.over {
			t.Errorf("second %d: %v, want %v", second, over, s.over)
		}
	}
}
