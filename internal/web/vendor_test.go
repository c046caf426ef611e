package web

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The bundle of libraries is what scripts/vendor has made of the versions in package.json: who
// changes one of the two without the other is told. Whether they fit, its --check tells.
func TestVendor_bundleAndVersions_areThoseOfTheLastRun(t *testing.T) {
	const dir = "../../scripts/vendor"
	list, err := os.ReadFile(filepath.Join(dir, "checksums"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		seen[filepath.Base(name)] = true
		if got := sha256.Sum256(text); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s has changed since the libraries were bundled: run make vendor", name)
		}
	}
	for _, name := range []string{"package.json", "package-lock.json", "libraries.js", "libraries-qr.js", "entities.js",
		"licenses.js", "vendor.js", "vendor-qr.js", "vendor-licenses.txt"} {
		if !seen[name] {
			t.Errorf("%s has no checksum", name)
		}
	}
}

// The licenses ask for it: whoever gets the libraries gets their terms with them.
func TestVendor_licenses_areServedWithTheLibraries(t *testing.T) {
	texts := all(t)
	texts["vendor.js"], texts["vendor-qr.js"] = sources(t)["vendor.js"], sources(t)["vendor-qr.js"]
	for _, name := range []string{"vendor.js", "main.js", "vendor-qr.js", "qr.js"} {
		if !strings.Contains(texts[name], "licenses of the libraries in this file are in vendor-licenses.txt") {
			t.Errorf("%s does not say where the licenses are", name)
		}
	}
	for _, part := range []string{"preact ", "htm ", "markdown-it ", "linkify-it ", "qr ", "Apache License",
		"Permission is hereby granted"} {
		if !strings.Contains(texts["vendor-licenses.txt"], part) {
			t.Errorf("the licenses have no %q", part)
		}
	}
}
