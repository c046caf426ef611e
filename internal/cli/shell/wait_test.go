package shell_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli/shell"
)

func TestSpoken_hasNoZeros(t *testing.T) {
	for want, d := range map[string]time.Duration{"10m": 10 * time.Minute, "2h": 2 * time.Hour,
		"1m30s": 90 * time.Second, "1h5m": 65 * time.Minute, "20s": 20 * time.Second, "50ms": 50 * time.Millisecond} {
		if got := shell.Spoken(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
