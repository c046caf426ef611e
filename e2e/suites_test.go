package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scenarios reads conformance.txt: what is said of each scenario.
func scenarios(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, what, _ := strings.Cut(line, " ")
		if what = strings.TrimSpace(what); what == "" {
			t.Errorf("conformance.txt: %s has neither \"run\" nor a reason", name)
		}
		said[name] = what
	}
	return said
}

func TestConformance_everyScenario_isRunOrHasAReason(t *testing.T) {
	list := installNode(t).command("conformance", "list", "--server")
	list.Dir = t.TempDir()
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var suite []string
	for _, found := range regexp.MustCompile(`(?m)^\s+- (\S+)`).FindAllSubmatch(out, -1) {
		suite = append(suite, string(found[1]))
	}
	slices.Sort(suite)
	if known := slices.Sorted(maps.Keys(scenarios(t))); !slices.Equal(known, suite) {
		t.Errorf("conformance.txt lists\n%v\nthe suite has\n%v", known, suite)
	}
}

func TestConformance_scenariosThatApply_pass(t *testing.T) {
	tools := installNode(t)
	p := start(t)
	for name, what := range scenarios(t) {
		if what != "run" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			cmd := tools.command("conformance", "server", "--url", p.url, "--scenario", name)
			cmd.Dir = t.TempDir() // where it leaves its results
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestInspector_strict_findsNothingInTheTools(t *testing.T) {
	tools := installNode(t)
	p := start(t)
	for _, era := range []string{"legacy", "modern"} {
		t.Run(era, func(t *testing.T) {
			cmd := tools.command("mcp-inspector", "--cli", p.url, "--transport", "http",
				"--method", "tools/list", "--strict", "--protocol-era", era, "--format", "json")
			cmd.Env = append(cmd.Env, "HOME="+t.TempDir()) // where it keeps a catalog
			var complaints strings.Builder
			cmd.Stderr = &complaints
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s%s", err, out, &complaints)
			}
			var list struct {
				Result struct {
					Tools []struct {
						Name string `json:"name"`
					} `json:"tools"`
				} `json:"result"`
			}
			if err := json.Unmarshal(out, &list); err != nil || len(list.Result.Tools) < len(theTools()) {
				t.Errorf("the inspector lists %+v, %v, from %s", list, err, out)
			}
		})
	}
}
