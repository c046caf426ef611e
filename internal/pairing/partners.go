package pairing

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/ident"
)

// partners returns for each ticket, the longest waiting first, the index of its
// partner; -1 for none. Tickets with the most interests in common come first, then
// those that have waited longest; the others are paired in the order of the queue.
// So every call that sees the same queue computes the same pairs. Agents whose names are the same or look alike, as looks tells,
// are never paired.
func partners(all []ticketItem, looks []ident.Look) []int {
	partner := make([]int, len(all))
	for i := range partner {
		partner[i] = -1
	}
	if !slices.ContainsFunc(all, func(t ticketItem) bool { return t.Key != all[0].Key }) {
		return partner // as it is when many wait: else they would have been paired
	}
	join := func(i, j int) {
		if partner[i] < 0 && partner[j] < 0 && all[i].Key != all[j].Key && !looks[i].Like(looks[j]) {
			partner[i], partner[j] = j, i
		}
	}
	inCommon := inCommon(all)
	for _, pairs := range slices.Backward(inCommon[1:]) {
		for _, p := range slices.Backward(pairs) {
			join(p.i, p.j)
		}
	}
	for i := range all {
		for j := i + 1; j < len(all) && partner[i] < 0; j++ {
			join(i, j)
		}
	}
	return partner
}

// looksOf returns what the names of the agents look like.
func looksOf(all []ticketItem) []ident.Look {
	looks := make([]ident.Look, len(all))
	for i, t := range all {
		looks[i] = ident.LookOf(t.Name)
	}
	return looks
}

// pair is two tickets, by index; i has waited longer.
type pair struct{ i, j int }

// inCommon returns by n, from 0 to the most, the pairs that share n interests, in the
// reverse order of the queue; nothing for 0.
func inCommon(all []ticketItem) [][]pair {
	found := make([][]pair, 1)
	liking := map[string][]int{}    // the tickets behind i that like a word
	shares := make([]int, len(all)) // how many interests of i each ticket behind it shares
	for i, t := range slices.Backward(all) {
		for _, word := range lowered(t.Interests) {
			for _, j := range liking[word] {
				shares[j]++
			}
			liking[word] = append(liking[word], i)
		}
		for j, n := range slices.Backward(shares) {
			if n == 0 {
				continue
			}
			for len(found) <= n {
				found = append(found, nil)
			}
			found[n] = append(found[n], pair{i, j})
			shares[j] = 0
		}
	}
	return found
}

func lowered(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = strings.ToLower(word)
	}
	return out
}

// pairsAs reports whether t and other are one ticket, or pair alike.
func (t ticketItem) pairsAs(other ticketItem) bool {
	return t.Name == other.Name && slices.Equal(t.Interests, other.Interests)
}
