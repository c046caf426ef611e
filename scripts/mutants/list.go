package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// The marks of a mutant, one for each class of tests.
const (
	unreached = '-' // no test of the class runs its code
	lives     = '.' // all tests of the class pass with it
	unknown   = '?' // it was never played
)

// classes are the classes of tests, in the order of the marks. The letter of a class marks that it
// kills a mutant, the small letter that it hangs with it.
var classes = []struct {
	letter byte
	name   string
}{{'R', "rules"}, {'D', "drivers"}, {'M', "models"}, {'E', "examples"}, {'O', "outbox"}}

// entry is a mutant of the list.
type entry struct {
	marks string
	name  string
	now   string // its successor, if its code is no more
	gone  string // why it has none
	same  string // why it is the same program, so that no test can notice it
}

// current is the name of the mutant that is played for the entry, or "".
func (e *entry) current() string {
	switch {
	case e.gone != "":
		return ""
	case e.now != "":
		return e.now
	}
	return e.name
}

// killed reports whether some class kills a mutant with these marks.
func killed(marks string) bool { return strings.Trim(marks, "-.?") != "" }

// listPath is the list, seen from the root of the module.
const listPath = "scripts/mutants/list.txt"

func blank() string { return strings.Repeat(string(unknown), len(classes)) }

const listHead = `# The mutants of make mutants, sorted, and which class of tests kills each. CONTRIBUTING.md
# says how to update it. The first ones were drawn with -choose 318 -seed 1. The marks are, in
# this order:
#
#   R  the tests of the rules: room, roomlog, presence, access, table
#   D  the tests of the drivers: sqlite, dynamotable
#   M  the models of chat (model_*, linear_*, property_*) and the schedules of randomtest
#   E  the other tests of chat
#   O  the tests of the outbox
#
#   r  and so on: a test of the class hangs     -  no test of the class reaches the code
#   .  all tests of the class pass              ?  not played yet
#
# A mutant whose code went has a second line: "now" and the name of the mutant that took its
# place, or "gone" and the reason. A mutant that no test can notice has a line "same" and the
# reason. make mutants fails if any other one lives.

`

// parseList reads the list. The names are sorted, and each stands there once.
func parseList(text string) (all []*entry, err error) {
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		wrong := func(why string) ([]*entry, error) { return nil, fmt.Errorf("line %d: %s: %s", n+1, why, line) }
		if after, second := strings.CutPrefix(line, strings.Repeat(" ", len(classes)+1)); second {
			if len(all) == 0 {
				return wrong("it belongs to no mutant")
			}
			if why := all[len(all)-1].add(after); why != "" {
				return wrong(why)
			}
			continue
		}
		marks, name, _ := strings.Cut(line, " ")
		if name == "" || !validMarks(marks) {
			return wrong("want the marks and the name")
		}
		if len(all) > 0 && all[len(all)-1].name >= name {
			return wrong("it is not sorted, or twice there")
		}
		all = append(all, &entry{marks: marks, name: name})
	}
	return all, nil
}

// add reads a line below an entry: "now", "gone" or "same", and the rest. why says what is wrong with it, or is "".
func (e *entry) add(line string) (why string) {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case rest == "":
		return "the name or the reason is missing"
	case e.same+e.gone != "" || word != "same" && e.now != "":
		return "the mutant has such a line already"
	case word == "now":
		e.now = rest
	case word == "gone":
		e.gone = rest
	case word == "same":
		e.same = rest
	default:
		return `want "now", "gone" or "same"`
	}
	return ""
}

func validMarks(marks string) bool {
	if len(marks) != len(classes) {
		return false
	}
	for n, c := range classes {
		if !strings.ContainsRune("-.?"+string(c.letter)+strings.ToLower(string(c.letter)), rune(marks[n])) {
			return false
		}
	}
	return true
}

func formatList(all []*entry) string {
	slices.SortFunc(all, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	var out strings.Builder
	out.WriteString(listHead)
	for _, e := range all {
		fmt.Fprintln(&out, e.marks, e.name)
		indent := strings.Repeat(" ", len(classes)+1)
		if e.now != "" {
			fmt.Fprintln(&out, indent+"now "+e.now)
		}
		if e.gone != "" {
			fmt.Fprintln(&out, indent+"gone "+e.gone)
		}
		if e.same != "" {
			fmt.Fprintln(&out, indent+"same "+e.same)
		}
	}
	return out.String()
}

func readList(path string) ([]*entry, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all, err := parseList(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// numbered returns the mutants of these entries, each once, and for each entry the place of its mutant:
// several may have the same successor.
func numbered(entries []*entry, found map[string]*mutant) (mutants []*mutant, numbers []int) {
	for _, e := range entries {
		m := found[e.current()]
		n := slices.Index(mutants, m)
		if n < 0 {
			n = len(mutants)
			mutants = append(mutants, m)
		}
		numbers = append(numbers, n)
	}
	return mutants, numbers
}

// inSource returns the mutants of the list by name. Each must be in the source, or have a line that
// says what became of it.
func inSource(list []*entry, packages []*pkg) (map[string]*mutant, error) {
	all := map[string]*mutant{}
	for _, p := range packages {
		for _, f := range p.files {
			for _, m := range f.mutants {
				all[m.name()] = m
			}
		}
	}
	found := map[string]*mutant{}
	var lost []string
	for _, e := range list {
		name := e.current()
		switch {
		case name == "":
		case all[name] == nil:
			lost = append(lost, name)
		default:
			found[name] = all[name]
		}
	}
	if len(lost) > 0 {
		return nil, fmt.Errorf("%d mutants of %s are not in the source. Say below each what became of it: "+
			"\"now\" and a successor (`go run ./scripts/mutants -all` prints all names), or \"gone\" and why:\n  %s",
			len(lost), listPath, strings.Join(lost, "\n  "))
	}
	return found, nil
}
