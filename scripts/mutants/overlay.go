package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The package of the switch exists only in the overlay. The alias is no word of the sources.
const (
	module       = "github.com/parley-chat/parley"
	switchPath   = module + "/internal/mutant"
	alias        = "mutant__"
	activeEnv    = "PARLEY_MUTANT"
	reachedEnv   = "PARLEY_MUTANTS_REACHED"
	switchSource = `// Package mutant switches one mutant on.
package mutant

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

var (
	active    = number()
	recording = os.Getenv("` + reachedEnv + `") != ""
	seen      [1 << 16]atomic.Bool
)

func number() int {
	n, err := strconv.Atoi(os.Getenv("` + activeEnv + `"))
	if err != nil {
		return -1
	}
	return n
}

// On reports whether mutant n is the one that is on.
func On(n int) bool { return n == active || recording && note(n) }

func note(n int) bool {
	if !seen[n].Swap(true) {
		f, err := os.OpenFile(os.Getenv("` + reachedEnv + `"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintln(f, n)
			f.Close()
		}
	}
	return false
}

// More is one more than v if mutant n is on, and Half is the half.
func More[T int | int64 | uint | uint64](n int, v T) T {
	if On(n) {
		return v + 1
	}
	return v
}

func Half[T ~int64](n int, v T) T {
	if On(n) {
		return v / 2
	}
	return v
}
`
)

// overlay writes the sources with the switches of all these mutants into dir, and the file that
// -overlay of the go command reads. A mutant is switched on by its place in the list.
func overlay(dir, root string, packages []*pkg, mutants []*mutant) (string, error) {
	number := map[*mutant]int{}
	for n, m := range mutants {
		number[m] = n
	}
	replace := map[string]string{}
	put := func(path, text string) error {
		copied := filepath.Join(dir, fmt.Sprintf("%d-%s", len(replace), filepath.Base(path)))
		replace[path] = copied
		return os.WriteFile(copied, []byte(text), 0o600)
	}
	if err := put(filepath.Join(root, "internal", "mutant", "mutant.go"), switchSource); err != nil {
		return "", err
	}
	for _, p := range packages {
		for _, f := range p.files {
			if text, changed := f.switched(number); changed {
				if err := put(f.path, text); err != nil {
					return "", err
				}
			}
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, list, 0o600)
}

// placed is an edit and the number of its mutant.
type placed struct {
	edit
	id int
}

// switched is the text of the file with the switches of the mutants that have a number. No line moves.
func (f *file) switched(number map[*mutant]int) (text string, changed bool) {
	var edits []placed
	for _, m := range f.mutants {
		if id, ok := number[m]; ok {
			for _, e := range m.edits {
				edits = append(edits, placed{e, id})
			}
		}
	}
	if len(edits) == 0 {
		return "", false
	}
	// From the outside in. Of two of the same range, a comparison is within, since it takes its
	// operands apart; the finder makes it last.
	slices.SortStableFunc(edits, func(a, b placed) int {
		if a.lo != b.lo {
			return a.lo - b.lo
		}
		if a.lo == a.hi || b.lo == b.hi {
			return a.hi - b.hi // what is inserted stands before
		}
		return b.hi - a.hi
	})
	name := int(f.syntax.Name.End() - f.syntax.FileStart)
	var out strings.Builder
	out.Write(f.text[:name])
	fmt.Fprintf(&out, "; import %s %q", alias, switchPath)
	out.WriteString(f.render(name, len(f.text), edits))
	return out.String(), true
}

// render is the text from lo to hi with these edits, all of which lie there.
func (f *file) render(lo, hi int, edits []placed) string {
	var out strings.Builder
	for len(edits) > 0 {
		e := edits[0]
		n := 1
		for n < len(edits) && edits[n].lo < e.hi {
			n++
		}
		within := edits[1:n]
		out.Write(f.text[lo:e.lo])
		out.WriteString(e.write(e.id, func(lo, hi int) string {
			var inner []placed
			for _, w := range within {
				if w.lo >= lo && w.hi <= hi {
					inner = append(inner, w)
				}
			}
			return f.render(lo, hi, inner)
		}))
		lo, edits = e.hi, edits[n:]
	}
	out.Write(f.text[lo:hi])
	return out.String()
}
