package lambdatest_test

import (
	"os"
	"testing"
)

// soak skips a test that takes minutes, unless it is asked for.
func soak(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
}
