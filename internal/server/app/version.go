package app

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Version returns the version that people and clients see: "1.2.3" of a release, however it was built, or "devel" and
// the commit if it is known, as in "devel-0123456789ab". The suffix "+dirty" says that the sources were changed after
// the commit. The go command writes the version into the program, from the tag and the state of the repository or
// from the installed module.
func Version() string { return version() }

var version = sync.OnceValue(func() string { return versionOf(module()) })

// Build returns a line that tells two builds apart: the version, and the time of its commit unless it is a release. If
// that does not tell which sources were built, the line says so, and has the beginning of the SHA-256 of the program.
func Build() string { return buildOf(module(), programSum) }

// module returns the version of the main module.
func module() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Version
}

// versionOf returns the version for the version of the main module: a tag, a pseudo-version or "(devel)".
func versionOf(module string) string {
	tag, isVersion := strings.CutPrefix(module, "v")
	if !isVersion {
		return "devel"
	}
	pseudo := parsePseudo(tag)
	if pseudo == nil {
		return tag
	}
	return "devel-" + pseudo[2] + pseudo[3]
}

// parsePseudo returns the time, the commit and the suffix of a pseudo-version (https://go.dev/ref/mod#pseudo-versions),
// after the whole; nil of another version.
func parsePseudo(module string) []string {
	return regexp.MustCompile(`[-.](\d{14})-([0-9a-f]{12})((?:\+dirty)?)$`).FindStringSubmatch(module)
}

// buildOf is Build for a version of the main module.
func buildOf(module string, sum func() string) string {
	line := versionOf(module)
	if pseudo := parsePseudo(module); pseudo != nil {
		if at, err := time.Parse("20060102150405", pseudo[1]); err == nil {
			line += at.Format(", committed 2006-01-02 15:04:05 UTC")
		}
	}
	switch {
	case versionOf(module) == "devel":
		line += ", built without its commit; "
	case strings.HasSuffix(module, "+dirty"):
		line += ", changed since; "
	default:
		return line
	}
	return line + "SHA-256 of the program: " + sum()
}

// programSum returns the beginning of the SHA-256 of this program.
func programSum() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:6])
}
