package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// requirements returns the modules that a go.mod requires directly, each with its version,
// block by block, and those that it requires only since others need them.
func requirements(t *testing.T, file string) (direct []map[string]string, indirect map[string]string) {
	t.Helper()
	block := regexp.MustCompile(`(?ms)^require \((.*?)^\)`)
	line := regexp.MustCompile(`^\t(\S+) (\S+)( // indirect)?$`)
	indirect = map[string]string{}
	for _, b := range block.FindAllStringSubmatch(read(t, file), -1) {
		wanted := map[string]string{}
		for l := range strings.Lines(b[1]) {
			m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
			switch {
			case m == nil:
			case m[3] != "":
				indirect[m[1]] = m[2]
			default:
				wanted[m[1]] = m[2]
			}
		}
		if len(wanted) > 0 {
			direct = append(direct, wanted)
		}
	}
	return direct, indirect
}

// TestModules_everyOne_hasAReason checks that docs/dependencies.md says of each module why it
// was chosen. Its row may leave out the number of a major version.
func TestModules_everyOne_hasAReason(t *testing.T) {
	reasons := read(t, "docs/dependencies.md")
	direct, _ := requirements(t, "go.mod")
	major := regexp.MustCompile(`/v[0-9]+$`)
	for _, block := range direct {
		for name := range block {
			if !strings.Contains(reasons, major.ReplaceAllString(name, "")) {
				t.Errorf("docs/dependencies.md has no row for %s", name)
			}
		}
	}
}

// TestModules_whatOnlyTestsNeed_standsInItsOwnBlock checks go.mod: the first block is what the
// program imports, the second what only tests do. That nothing is missing or too much says
// `go mod tidy -diff`, which make lint runs.
func TestModules_whatOnlyTestsNeed_standsInItsOwnBlock(t *testing.T) {
	direct, indirect := requirements(t, "go.mod")
	if len(direct) != 2 || len(indirect) == 0 {
		t.Fatalf("go.mod has %d blocks of what is imported, and %d modules that others need; want a block for the "+
			"program and one for tests", len(direct), len(indirect))
	}
	imported := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() || testOnly(place(s.dir())) {
			continue
		}
		for _, spec := range s.file.Imports {
			for name := range direct[0] {
				imported[name] = imported[name] || within(target(t, spec), name)
			}
			for name := range direct[1] {
				if within(target(t, spec), name) {
					t.Errorf("%s imports %s, which go.mod has among what only tests need", s.at(spec), name)
				}
			}
		}
	}
	for name := range direct[0] {
		if !imported[name] {
			t.Errorf("go.mod has %s among what the program needs, and only tests import it", name)
		}
	}
}

// TestModules_bench_measuresWhatTheProgramHas checks that the measurements, a module of their
// own, take no newer version of anything than the program.
func TestModules_bench_measuresWhatTheProgramHas(t *testing.T) {
	versions := func(file string) map[string]string {
		direct, all := requirements(t, file)
		for _, block := range direct {
			for name, version := range block {
				all[name] = version
			}
		}
		return all
	}
	program, shared := versions("go.mod"), 0
	for name, version := range versions("bench/go.mod") {
		if have, ok := program[name]; ok {
			shared++
			if have != version {
				t.Errorf("bench takes %s %s, and the program %s", name, version, have)
			}
		}
	}
	if shared < 10 {
		t.Errorf("bench has only %d modules of the program", shared)
	}
}

// TestModules_packagesOfNpm_areNotOurs: one of them holds a Go package, which ./... would find once
// make lint has fetched it.
func TestModules_packagesOfNpm_areNotOurs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.Contains(string(text), "\nignore ./internal/web/node_modules\n") {
		t.Errorf("go.mod does not ignore internal/web/node_modules: %v", err)
	}
}
