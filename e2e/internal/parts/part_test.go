package parts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFetch_saysWhatHowMuchAndThatItIsOnce(t *testing.T) {
	t.Setenv("PARLEY_TEST_CACHE", t.TempDir())
	fails := errors.New("no network")
	p := &Part{"the thing", "3 MB", "go", "thing", nil, func(_ context.Context, _, _, dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600), fails)
	}}
	var said strings.Builder
	if err := p.Fetch(t.Context(), &said); !errors.Is(err, fails) ||
		!strings.Contains(err.Error(), "the thing cannot be fetched") {
		t.Errorf("without a network: %v", err)
	}
	fails = nil
	for range 2 {
		if err := p.Fetch(t.Context(), &said); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(said.String(), "Fetching the thing: about 3 MB, once, into "); n != 2 {
		t.Errorf("it was fetched %d times, want one that failed and one more: %s", n, &said)
	}
	if _, err := os.Stat(filepath.Join(p.In(t), "whole")); err != nil {
		t.Error(err)
	}
}
