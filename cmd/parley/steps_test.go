package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSteps_areThoseOfTheREADME(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(strings.ReplaceAll(string(text), "*", ""), "## Let yours talk")
	for step := range strings.Lines(installIt + firstSteps()) {
		step = strings.TrimSpace(step)
		if title, is := strings.CutSuffix(step, ":"); is {
			if title != "Install it" && !strings.Contains(string(text), "**"+title+":**") {
				t.Errorf("the README has no %q", title)
			}
			continue
		}
		_, after, found := strings.Cut(rest, step)
		if !found {
			t.Errorf("the README does not say %q, after what is before", step)
		}
		rest = after
	}
}

func TestSteps_byGoRun_installTheProgramFirst(t *testing.T) {
	atHome(t)
	for started, want := range map[string]string{
		goRun: installIt + firstSteps(), "parley": "\n\n" + firstSteps(),
		"./parley": strings.NewReplacer("        parley ", "        ./parley ").Replace(firstSteps()),
	} {
		var help strings.Builder
		s := streams{out: &help, err: &help, started: started}
		run(t.Context(), []string{"--help"}, s)
		for _, said := range []string{help.String(), s.afterDemo()} {
			if !strings.Contains(said, want) || strings.Contains(said, "go build") {
				t.Errorf("started as %s: %s", started, said)
			}
		}
	}
}
