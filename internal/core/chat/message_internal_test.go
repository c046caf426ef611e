package chat

import (
	"strings"
	"testing"
)

func TestBothEnds_ofAnyText_haveAtMostAFewCharactersMore(t *testing.T) {
	for text, want := range map[string]string{
		"Tea?":                              "Tea?",
		"?" + strings.Repeat("\n", 8000):    "?",
		strings.Repeat("a", 5) + "bbbbbbbb": "aa … bb",
	} {
		if got := bothEnds(text, 4); got != want {
			t.Errorf("%d bytes became %q", len(text), got)
		}
	}
}
