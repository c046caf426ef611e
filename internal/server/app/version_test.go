package app

import (
	"regexp"
	"testing"
)

func TestVersionOf_releaseOrCommit(t *testing.T) {
	for module, wanted := range map[string]string{
		"v1.2.3":      "1.2.3",
		"v1.2.3-rc.1": "1.2.3-rc.1",
		// A tag on changed sources.
		"v1.2.3+dirty": "1.2.3+dirty",
		// Without a tag, after v1.2.3-rc.1, after v1.2.3, and the last on changed sources.
		"v0.0.0-20261120093005-0123456789ab":         "devel-0123456789ab",
		"v1.2.3-rc.1.0.20261120093005-0123456789ab":  "devel-0123456789ab",
		"v1.2.4-0.20261120093005-0123456789ab":       "devel-0123456789ab",
		"v1.2.4-0.20261120093005-0123456789ab+dirty": "devel-0123456789ab+dirty",
		// From sources without a repository, and in a test.
		"(devel)": "devel",
		"":        "devel",
	} {
		if got := versionOf(module); got != wanted {
			t.Errorf("%q: %q, wanted %q", module, got, wanted)
		}
	}
}

// This test's own program is of no release.
func TestBuild_noRelease_hasTheTimeOfTheProgram(t *testing.T) {
	if got := Build(); !regexp.MustCompile(`^devel.*, file of 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$`).MatchString(got) {
		t.Error(got)
	}
}
