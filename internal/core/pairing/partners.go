package pairing

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// partners returns the index of each ticket's partner, for tickets with the longest waiting first; -1 for none. Tickets
// with the most interests in common are paired first, then the longest waiting; the others are paired in the order of
// the queue. So every call that reads the same queue computes the same pairs. Agents with the same or similar names are
// never paired.
func partners(all []profile) []int {
	partner := slices.Repeat([]int{-1}, len(all))
	var pairs [core.MaxInterests + 1][][2]int // by how much the two have in common
	for i, a := range all {
		for j := i + 1; j < len(all); j++ {
			if n := a.inCommon(all[j]); n >= 0 {
				pairs[n] = append(pairs[n], [2]int{i, j})
			}
		}
	}
	for _, most := range slices.Backward(pairs[:]) {
		for _, p := range most {
			if i, j := p[0], p[1]; partner[i] < 0 && partner[j] < 0 {
				partner[i], partner[j] = j, i
			}
		}
	}
	return partner
}

// profile is the part of a ticket that decides its pairing.
type profile struct {
	key   string // of the agent's name
	look  ident.Skeleton
	likes []string // in lower case
}

func (t ticketItem) profile() profile {
	p := profile{t.Key, ident.SkeletonOf(t.Name), make([]string, len(t.Interests))}
	for i, word := range t.Interests {
		p.likes[i] = strings.ToLower(word)
	}
	return p
}

// inCommon returns how many interests two agents share; -1 if they may not be paired.
func (p profile) inCommon(other profile) (n int) {
	if p.key == other.key || p.look.Like(other.look) {
		return -1
	}
	for _, word := range p.likes {
		if slices.Contains(other.likes, word) {
			n++
		}
	}
	return min(n, core.MaxInterests)
}
