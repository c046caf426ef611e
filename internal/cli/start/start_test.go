package start

import (
	"runtime/debug"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/alone"
)

func TestMain(m *testing.M) { alone.Main(m) }

func TestOver_collectsAsUsual_unlessTheProgramHasItsOwnPercentage(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(usualPercent))
	for before, want := range map[int]int{firstPercent: usualPercent, 20: 20, -1: -1} {
		debug.SetGCPercent(before)
		over()
		if got := debug.SetGCPercent(usualPercent); got != want {
			t.Errorf("after %d the percentage is %d, not %d", before, got, want)
		}
	}
}
