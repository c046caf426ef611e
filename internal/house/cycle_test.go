package house

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxCycle is the largest number of files of internal/chat that may refer to each
// other in a cycle. Files of a cycle can only be understood together.
const maxCycle = 8

// TestCycle_filesOfChat_areFew prints the cycles and the references to cut:
//
//	go test ./internal/house -run Cycle -v
func TestCycle_filesOfChat_areFew(t *testing.T) {
	for _, p := range checked(t, func(dir string) bool { return dir == "internal/chat" }) {
		g := references(p)
		for _, c := range g.cycles() {
			t.Logf("%s: a cycle of %d of %d files:\n\t%s\n%s", p.dir, len(c), len(p.files), strings.Join(c, " "), g.closing(c))
			if len(c) > maxCycle {
				t.Errorf("%s: a cycle of %d files, at most %d: cut some of the references above", p.dir, len(c), maxCycle)
			}
		}
	}
}

// graph holds the references between the files of a package: graph[a][b] are the
// declarations of b that a uses, each once, with the line of the first use.
type graph map[string]map[string][]string

// references collects the uses of package-level objects, methods and fields that
// another file of the package declares.
func references(p typed) graph {
	g := graph{}
	for _, f := range p.files {
		from := path.Base(f.name)
		g[from] = map[string][]string{}
		seen := map[types.Object]bool{}
		ast.Inspect(f.file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := p.info.Uses[id]
			if used == nil || used.Pkg() != p.pkg || seen[used] {
				return true
			}
			seen[used] = true
			if to := path.Base(f.set.Position(used.Pos()).Filename); to != from {
				g[from][to] = append(g[from][to], fmt.Sprintf("%s (line %d)", qualified(used), f.set.Position(id.Pos()).Line))
			}
			return true
		})
	}
	return g
}

// qualified returns the name of o, with the receiver if o is a method.
func qualified(o types.Object) string {
	f, ok := o.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return o.Name()
	}
	recv := types.TypeString(f.Signature().Recv().Type(), func(*types.Package) string { return "" })
	return strings.TrimPrefix(recv, "*") + "." + o.Name()
}

// cycles returns the strongly connected components of more than one file, the
// largest first.
func (g graph) cycles() (all [][]string) {
	reach := map[string]map[string]bool{}
	for from := range g {
		reach[from] = map[string]bool{}
		g.visit(from, reach[from])
	}
	done := map[string]bool{}
	for _, a := range slices.Sorted(maps.Keys(g)) {
		var c []string
		for _, b := range slices.Sorted(maps.Keys(g)) {
			if !done[b] && reach[a][b] && reach[b][a] {
				c = append(c, b)
				done[b] = true
			}
		}
		if len(c) > 1 {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b []string) int { return len(b) - len(a) })
	return all
}

func (g graph) visit(from string, seen map[string]bool) {
	for to := range g[from] {
		if !seen[to] {
			seen[to] = true
			g.visit(to, seen)
		}
	}
}

// closing lists references whose removal would leave no cycle among files: it
// sorts the files into layers and lists what points upward. There may be a shorter
// list, for the search finds a local minimum.
func (g graph) closing(files []string) string {
	order := g.layers(files)
	var b strings.Builder
	fmt.Fprintf(&b, "\twith these layers, highest first:\n\t\t%s\n\tthese references point upward:\n", strings.Join(order, " "))
	for i, from := range order {
		for _, to := range order[:i] {
			if uses := g[from][to]; len(uses) > 0 {
				fmt.Fprintf(&b, "\t\t%s uses %s: %s\n", from, to, strings.Join(uses, ", "))
			}
		}
	}
	return b.String()
}

// layers sorts files so that few references point to an earlier file. It moves one
// file at a time to its best place until no move helps (sifting).
func (g graph) layers(files []string) []string {
	order := slices.Clone(files)
	for moved := true; moved; {
		moved = false
		for _, f := range files {
			at := slices.Index(order, f)
			rest := slices.Delete(slices.Clone(order), at, at+1)
			if best := g.bestPlace(f, rest, at); best != at {
				order = slices.Insert(rest, best, f)
				moved = true
			}
		}
	}
	return order
}

// bestPlace returns the index in order at which f has the fewest upward references;
// at, if no other is better.
func (g graph) bestPlace(f string, order []string, at int) int {
	upward := make([]int, len(order)+1) // by the index of f
	for _, below := range order {
		upward[0] += len(g[below][f])
	}
	for i, passed := range order {
		upward[i+1] = upward[i] - len(g[passed][f]) + len(g[f][passed])
	}
	if least := slices.Min(upward); least < upward[at] {
		return slices.Index(upward, least)
	}
	return at
}

func TestGraph_cyclesAndTheReferencesThatCloseThem_areFound(t *testing.T) {
	g := graph{
		"a": {"b": {"B (line 1)"}},
		"b": {"c": {"C1 (line 1)", "C2 (line 2)"}},
		"c": {"a": {"A1 (line 1)", "A2 (line 2)"}},
		"d": {"a": {"A1 (line 1)"}},
	}
	c := g.cycles()
	if len(c) != 1 || !slices.Equal(c[0], []string{"a", "b", "c"}) {
		t.Fatalf("cycles %v; want one of a, b and c", c)
	}
	if got := g.closing(c[0]); !strings.HasSuffix(got, "upward:\n\t\ta uses b: B (line 1)\n") {
		t.Errorf("got\n%s\nwant only the reference from a to b", got)
	}
}
