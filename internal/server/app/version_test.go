package app

import "testing"

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

// A line about each build that two of them share is of the same sources.
func TestBuildOf_sourcesThatNoCommitTells_haveTheSumOfTheProgram(t *testing.T) {
	for module, wanted := range map[string]string{
		"v1.2.3":                             "1.2.3",
		"v0.0.0-20261120093005-0123456789ab": "devel-0123456789ab, committed 2026-11-20 09:30:05 UTC",
		"v1.2.4-0.20261120093005-0123456789ab+dirty": "devel-0123456789ab+dirty, committed " +
			"2026-11-20 09:30:05 UTC, changed since; SHA-256 of the program: 5eed",
		"v1.2.3+dirty": "1.2.3+dirty, changed since; SHA-256 of the program: 5eed",
		"(devel)":      "devel, built without its commit; SHA-256 of the program: 5eed",
		"":             "devel, built without its commit; SHA-256 of the program: 5eed",
	} {
		if got := buildOf(module, func() string { return "5eed" }); got != wanted {
			t.Errorf("%q: %q, wanted %q", module, got, wanted)
		}
	}
}
