package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const samplePath = module + "/scripts/mutants/testdata/sample"

func sample(t *testing.T) []*pkg {
	t.Helper()
	packages, err := load(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func all(packages []*pkg) (mutants []*mutant) {
	for _, p := range packages {
		for _, f := range p.files {
			mutants = append(mutants, f.mutants...)
		}
	}
	return mutants
}

// TestPlay_sample_saysWhichTestsNoticeWhat plays every mutant of a small package: each operator changes
// what the code does, and what no test asks for lives.
func TestPlay_sample_saysWhichTestsNoticeWhat(t *testing.T) {
	temp := t.TempDir()
	packages := sample(t)
	mutants := all(packages)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := overlay(temp, root, packages, mutants)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlayer(temp, replaced, []string{samplePath}, func(_, file string) byte {
		if file == "model_test.go" {
			return 'M'
		}
		return 'E'
	})
	if err != nil {
		t.Fatal(err)
	}
	p.patience = 4 * time.Second
	if failed, err := p.control(t.Context(), 2); err != nil || len(failed) > 0 {
		t.Fatal(failed, err)
	}
	entries := make([]*entry, len(mutants))
	err = p.each(t.Context(), 2, len(mutants), func(ctx context.Context, w *worker, i int) error {
		marks, err := w.judge(ctx, i)
		entries[i] = &entry{marks: marks, name: mutants[i].name()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.TrimPrefix(formatList(entries), listHead)
	want, err := os.ReadFile("testdata/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestList_ofTheProject_isInTheSource fails when the code of a mutant goes, until the list says what
// became of it, and when a mutant lives without a reason.
func TestList_ofTheProject_isInTheSource(t *testing.T) {
	text, err := os.ReadFile("list.txt")
	if err != nil {
		t.Fatal(err)
	}
	list, err := parseList(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if again := formatList(list); again != string(text) {
		t.Error("list.txt is not as -update writes it")
	}
	if len(list) < 300 {
		t.Errorf("only %d mutants", len(list))
	}
	packages, err := load(mutated()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inSource(list, packages); err != nil {
		t.Error(err)
	}
	for _, e := range list {
		if e.gone == "" && killed(e.marks) == (e.same != "") {
			t.Errorf("%s %s: a mutant is killed, or a line says why it is the same program", e.marks, e.name)
		}
	}
	names := map[string]bool{}
	for _, m := range all(packages) {
		if names[m.name()] {
			t.Errorf("two mutants have the name %s", m.name())
		}
		names[m.name()] = true
	}
}

func TestInSource_codeThatWent_needsASuccessorOrAReason(t *testing.T) {
	packages := sample(t)
	for after, want := range map[string]string{
		"":                                "sample.Old: return at once",
		"now sample.Half: no such":        "sample.Half: no such",
		"now sample.Half: return at once": "",
		"gone the rule went":              "",
	} {
		text := "R---- sample.Old: return at once\n"
		if after != "" {
			text += "      " + after + "\n"
		}
		list, err := parseList(text)
		if err != nil {
			t.Fatal(err)
		}
		found, err := inSource(list, packages)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", after, err)
		case want == "" && list[0].current() != "" && found[list[0].current()] == nil:
			t.Errorf("%q: the successor is not played", after)
		case want != "" && (err == nil || !strings.HasSuffix(err.Error(), "\n  "+want)):
			t.Errorf("%q: %v, want one that names %s", after, err, want)
		}
	}
}

func TestNumbered_twoMutantsWithOneSuccessor_areOne(t *testing.T) {
	list := []*entry{{name: "a", now: "c"}, {name: "b"}, {name: "c"}}
	mutants, numbers := numbered(list, map[string]*mutant{"b": {}, "c": {}})
	if len(mutants) != 2 || !slices.Equal(numbers, []int{0, 1, 0}) {
		t.Errorf("%d mutants, %v", len(mutants), numbers)
	}
}

func TestParseList_wrongLine_isRefusedWithItsNumber(t *testing.T) {
	for text, want := range map[string]string{
		"RX--- a":                            "marks",
		"R----":                              "marks",
		"R---- b\nR---- a":                   "sorted",
		"R---- a\nR---- a":                   "twice",
		"      now a":                        "no mutant",
		"R---- a\n      now":                 "missing",
		"R---- a\n      later b":             `"gone"`,
		"R---- a\n      now b\n      gone c": "already",
		"....- a\n      same b\n      now c": "already",
	} {
		_, err := parseList("# a comment\n\n" + text)
		line := fmt.Sprintf("line %d: ", 3+strings.Count(text, "\n"))
		if err == nil || !strings.HasPrefix(err.Error(), line) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in %s", text, err, want, line)
		}
	}
}

func TestCompare_aMutantThatLivesWithoutAReason_fails(t *testing.T) {
	for _, c := range []struct {
		was, is, same string
		fails         bool
	}{
		{"R-M--", "..M--", "", false}, // another class still kills it
		{"..m--", "..---", "", true},
		{".....", "R....", "", false},
		{".....", ".....", "", true},
		{"?????", ".....", "", true},
		{".....", ".....", "the sum is 0", false},
		{".....", "R....", "the sum is 0", true}, // the reason is false
	} {
		e := &entry{marks: c.is, name: "a", same: c.same}
		if err := compare(map[*entry]string{e: c.was}, []*entry{e}); (err != nil) != c.fails {
			t.Errorf("was %s, is %s: %v", c.was, c.is, err)
		}
	}
}

func TestSummary_countsWhatAClassKillsAlone(t *testing.T) {
	got := summary([]*entry{{marks: "R-M--"}, {marks: "..m--"}, {marks: "...-?"}})
	for _, want := range []string{"3 mutants, of which 1 live", "rules     kill   1,   0 ",
		"models    kill   2,   1 "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestDraw_sameSeed_drawsTheSame(t *testing.T) {
	draw := func() (names []string) {
		for _, e := range sample(t)[0].draw(8, rand.New(rand.NewPCG(1, 1))) {
			names = append(names, e.name)
		}
		return names
	}
	once := draw()
	if again := draw(); len(once) != 8 || !slices.Equal(once, again) {
		t.Errorf("%q, then %q", once, again)
	}
}
