package pairing

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// someQueue returns a queue of up to twelve tickets of a few names and interests.
func someQueue(t *rapid.T) []ticketItem {
	var all []ticketItem
	for i := range rapid.IntRange(0, 12).Draw(t, "tickets") {
		all = append(all, ticketItem{
			ID: fmt.Sprint(i), AtMs: int64(i), Key: rapid.SampledFrom([]string{"ann", "bob", "cid"}).Draw(t, "name"),
			Interests: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"go", "tea", "jazz"}), 0, 3, rapid.ID[string]).Draw(t, "likes"),
		})
	}
	return all
}

func TestPartners_anyQueue_areMutualAndLeaveNoPossiblePairOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := someQueue(t)
		partner := partners(all)
		for i, j := range partner {
			if j >= 0 && (partner[j] != i || all[i].Key == all[j].Key) {
				t.Fatalf("%d is paired with %d: %v", i, j, partner)
			}
		}
		for i, a := range all {
			for j, b := range all[i+1:] {
				if partner[i] < 0 && partner[i+1+j] < 0 && a.Key != b.Key {
					t.Fatalf("%d and %d are left over: %v", i, i+1+j, partner)
				}
			}
		}
	})
}

// The pairs are stable: of any two tickets that may be paired, at least one has as
// much in common with its own partner.
func TestPartners_anyQueue_areStable(t *testing.T) {
	shares := func(a, b ticketItem) (n int) {
		for _, word := range a.Interests {
			if slices.Contains(b.Interests, word) {
				n++
			}
		}
		return n
	}
	rapid.Check(t, func(t *rapid.T) {
		all := someQueue(t)
		partner := partners(all)
		got := func(i int) int {
			if partner[i] < 0 {
				return 0
			}
			return shares(all[i], all[partner[i]])
		}
		for i, a := range all {
			for j, b := range all {
				if a.Key != b.Key && shares(a, b) > max(got(i), got(j)) {
					t.Fatalf("%d and %d share more than with their partners: %v", i, j, partner)
				}
			}
		}
	})
}

func TestPartners_nothingInCommon_areInTheOrderOfTheQueue(t *testing.T) {
	var all []ticketItem
	for _, key := range []string{"ann", "ann", "bob", "cid", "dora"} {
		all = append(all, ticketItem{Key: key})
	}
	if got, want := partners(all), []int{2, 3, 0, 1, -1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
