package main

import (
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
)

// shares says how many of a hundred mutants come from each package, by its path below internal.
var shares = []struct {
	dir   string
	share int
}{{"core/room", 22}, {"core/roomlog", 17}, {"core/presence", 6}, {"core/chat", 26}, {"store/table", 2},
	{"store/table/sqlite", 7}, {"store/table/dynamotable", 5}, {"outbound/outbox", 9}, {"auth/access", 6}}

// choose draws about n mutants: of each package its share, of its functions at random, and of a
// large function three at most, of different kinds. The same seed and source give the same mutants.
func choose(packages []*pkg, n int, seed uint64) (chosen []*entry) {
	for _, s := range shares {
		for _, p := range packages {
			if p.name == path.Base(s.dir) {
				random := rand.New(rand.NewPCG(seed, uint64(crc32.ChecksumIEEE([]byte(p.name)))))
				chosen = append(chosen, p.draw((n*s.share+99)/100, random)...)
			}
		}
	}
	return chosen
}

func (p *pkg) draw(n int, random *rand.Rand) (drawn []*entry) {
	functions := map[string][]*mutant{}
	for _, f := range p.files {
		for _, m := range f.mutants {
			functions[m.function] = append(functions[m.function], m)
		}
	}
	var turns []string
	for name, all := range functions {
		for range min(3, 1+len(all)/20) {
			turns = append(turns, name)
		}
	}
	slices.Sort(turns)
	random.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	used := map[string]bool{} // the kinds of a function
	for _, name := range turns {
		if len(drawn) == n {
			break
		}
		// First a kind, so that each is there often enough, and then one of that kind. To return at
		// once is noticed by any test of the function.
		kinds := map[string][]*mutant{}
		for _, m := range functions[name] {
			if !used[name+m.kind()] {
				kinds[m.kind()] = append(kinds[m.kind()], m)
			}
		}
		if len(kinds) > 1 && random.IntN(3) > 0 {
			delete(kinds, "return")
		}
		if len(kinds) == 0 {
			continue
		}
		order := slices.Sorted(maps.Keys(kinds))
		kind := order[random.IntN(len(order))]
		used[name+kind] = true
		m := kinds[kind][random.IntN(len(kinds[kind]))]
		drawn = append(drawn, &entry{marks: blank(), name: m.name()})
	}
	return drawn
}
