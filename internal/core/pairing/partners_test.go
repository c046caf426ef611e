package pairing

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core"
)

// someQueue returns a queue of up to twelve tickets of a few names and interests.
func someQueue(t *rapid.T) []ticketItem {
	var all []ticketItem
	for i := range rapid.IntRange(0, 12).Draw(t, "tickets") {
		name := rapid.SampledFrom([]string{"ann", "bob", "cid"}).Draw(t, "name")
		all = append(all, ticketItem{
			ID: fmt.Sprint(i), AtMs: int64(i), Name: name, Key: name,
			Interests: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"go", "tea", "jazz"}), 0, 3,
				rapid.ID[string]).Draw(t, "likes"),
		})
	}
	return all
}

// profilesOf returns what pairing looks at in tickets.
func profilesOf(all []ticketItem) []profile {
	profiles := make([]profile, len(all))
	for i, t := range all {
		profiles[i] = t.profile()
	}
	return profiles
}

// byDefinition pairs two at a time: of all pairs with something in common, and then of all
// others, the one with the most in common, and of those the first.
func byDefinition(all []ticketItem) []int {
	partner := slices.Repeat([]int{-1}, len(all))
	for n := core.MaxInterests; n >= 0; n-- {
		for i, a := range all {
			for j, b := range all {
				both := slices.DeleteFunc(slices.Clone(a.Interests),
					func(word string) bool { return !slices.Contains(b.Interests, word) })
				if i < j && len(both) == n && a.Key != b.Key && partner[i] < 0 && partner[j] < 0 {
					partner[i], partner[j] = j, i
				}
			}
		}
	}
	return partner
}

func TestPartners_anyQueue_areThoseOfTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := someQueue(t)
		if got, want := partners(profilesOf(all)), byDefinition(all); !slices.Equal(got, want) {
			t.Fatalf("%v: got %v, want %v", all, got, want)
		}
	})
}
