package app

import (
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
)

// Version returns the version that people and clients see: "1.2.3" of a release, however it was built, or "devel" and
// the commit if it is known, as in "devel-0123456789ab". The suffix "+dirty" says that the sources were changed after
// the commit. The go command writes the version into the program, from the tag and the state of the repository or
// from the installed module.
func Version() string { return version() }

// Build returns a line that tells two builds apart: the version and, unless that is of a release, the time at which the
// program was written to its file. The same commit may have been built with other changes.
func Build() string {
	if regexp.MustCompile(`^\d[^+]*$`).MatchString(Version()) { // released
		return Version()
	}
	program, err := os.Executable()
	if err != nil {
		return Version()
	}
	file, err := os.Stat(program)
	if err != nil {
		return Version()
	}
	return Version() + file.ModTime().UTC().Format(", file of 2006-01-02 15:04:05 UTC")
}

var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versionOf("")
	}
	return versionOf(info.Main.Version)
})

// versionOf returns the version for the version of the main module: a tag, a pseudo-version
// (https://go.dev/ref/mod#pseudo-versions) or "(devel)".
func versionOf(module string) string {
	tag, isVersion := strings.CutPrefix(module, "v")
	if !isVersion {
		return "devel"
	}
	pseudo := regexp.MustCompile(`[-.]\d{14}-([0-9a-f]{12})((?:\+dirty)?)$`).FindStringSubmatch(tag)
	if pseudo == nil {
		return tag
	}
	return "devel-" + pseudo[1] + pseudo[2]
}
