package pairing

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/ident"
	"pgregory.net/rapid"
)

// somebody is a queue of up to twelve tickets of a few names and interests.
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

// TestPartners_ofAnyQueue: everybody has one partner at most, who has it, and who is
// of another name; and nobody is left who could have had somebody.
func TestPartners_ofAnyQueue_areTwoByTwoAndNobodyIsLeftOut(t *testing.T) {
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
					t.Fatalf("%d and %d are left: %v", i, i+1+j, partner)
				}
			}
		}
	})
}

// TestPartners_ofAnyQueue_nobodyHasReasonToChange: no two of other names share more
// interests than each of them shares with its partner.
func TestPartners_ofAnyQueue_noTwoHaveMoreInCommonThanBothWithTheirPartners(t *testing.T) {
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

func TestPartners_asTheyCame_whereNobodySharesAnything(t *testing.T) {
	var all []ticketItem
	for _, key := range []string{"ann", "ann", "bob", "cid", "dora"} {
		all = append(all, ticketItem{Key: key})
	}
	if got, want := partners(all), []int{2, 3, 0, 1, -1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTicket_asText_isReadAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, err := ident.Nickname("queue", rapid.StringMatching(`[a-zé7Ω][a-z .]{0,20}[a-z]`).Draw(t, "queue"))
		if err != nil {
			t.Skip()
		}
		want := ticket{queue: n.Key, atMs: rapid.Int64Range(0, 1<<50-1).Draw(t, "at"), secret: ident.NewSecret()}
		if got, err := parseTicket(want.String()); err != nil || got != want {
			t.Fatalf("%s is read as %+v, %v; want %+v", want, got, err, want)
		}
		if ident.WellFormed(want.String()) || !ident.HoldsToken("x "+want.String()+".") {
			t.Fatalf("%s is an agent token, or is not seen in a text", want)
		}
	})
}
