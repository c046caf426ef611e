package tabletest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/store/table"
)

func testQueries(t *trial) {
	t.says("an empty partition gives an empty page", func(t *trial) {
		if page := t.query(table.Range{Limit: 1}); len(page.Items) != 0 || page.More {
			t.Errorf("%+v; want an empty page", page)
		}
	})
	t.says("ranges", testRanges)
	t.says("keys are ordered by their bytes", func(t *trial) {
		want := []string{"\x01", " ", "#", "0", "A", "a", "a\x01", "a ", "aa", "b", "\u007f", "é", "\ud7ff", "\ue000",
			"\uffff", "\U00010000", "\U0010ffff"}
		for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(want)) {
			t.put(t.item(want[i], "x"))
		}
		if got := sorts(t.query(table.Range{Limit: 100}).Items); !slices.Equal(got, want) {
			t.Errorf("order %q; want %q", got, want)
		}
		slices.Reverse(want)
		if got := sorts(t.query(table.Range{Limit: 100, Reverse: true}).Items); !slices.Equal(got, want) {
			t.Errorf("reverse order %q; want %q", got, want)
		}
	})
	t.says("the limit counts only live items", testLiveLimit)
	t.says("More is false if only expired items follow", func(t *trial) {
		t.put(t.item("a", "x"), t.brief("b", "x", time.Minute))
		t.clock.Advance(time.Hour)
		if page := t.query(table.Range{Limit: 2}); len(page.Items) != 1 || page.More {
			t.Errorf("%q, more %v; want one item and no more", sorts(page.Items), page.More)
		}
	})
	t.says("a page may be larger than a megabyte", testBigPage)
	t.says("a page ends where it has enough bytes", testHeavyPage)
	t.says("random ranges match a sorted list", testAnyRange)
}

func testRanges(t *trial) {
	last := "\U0010ffff"
	for _, sort := range strings.Fields("a a1 a2 a3 b a" + last + " a" + last + "z a" + last + last) {
		t.put(t.item(sort, "x"))
	}
	top := "a" + last + " a" + last + "z a" + last + last
	for _, c := range []struct {
		r    table.Range
		want string
		more bool
	}{
		{table.Range{Limit: 3}, "a a1 a2", true},
		{table.Range{Limit: 3, Reverse: true}, "b a" + last + last + " a" + last + "z", true},
		{table.Range{Limit: 9, Prefix: "b"}, "b", false},
		{table.Range{Limit: 9, Prefix: "a", After: "a2"}, "a3 " + top, false},
		{table.Range{Limit: 9, Prefix: "a", After: "a21"}, "a3 " + top, false},
		{table.Range{Limit: 9, Prefix: "a", After: "a2", Reverse: true}, "a1 a", false},
		{table.Range{Limit: 9, Prefix: "a", After: "a21", Reverse: true}, "a2 a1 a", false},
		{table.Range{Limit: 9, After: "b"}, "", false},
		{table.Range{Limit: 9, After: "zzz", Reverse: true, Prefix: "z"}, "", false},
		{table.Range{Limit: 9, After: "a", Reverse: true}, "", false},
		{table.Range{Limit: 9, Prefix: "a1", After: "a1"}, "", false},
		{table.Range{Limit: 9, Prefix: "a" + last}, top, false},
		{table.Range{Limit: 1, Prefix: "a" + last, Reverse: true}, "a" + last + last, true},
		{table.Range{Limit: 9, Prefix: "a" + last + last}, "a" + last + last, false},
		{table.Range{Limit: 9, Prefix: "c"}, "", false},
		{table.Range{Limit: 9, Prefix: "c", Reverse: true}, "", false},
		{table.Range{Limit: 9, Prefix: "A", Reverse: true}, "", false},
	} {
		page := t.query(c.r)
		t.wantSorts(page, c.want)
		if page.More != c.more {
			t.Errorf("%+v: more %v; want %v", c.r, page.More, c.more)
		}
	}
}

// testLiveLimit queries a partition with runs of expired items between live ones.
func testLiveLimit(t *trial) {
	var items []table.Item
	var live []string
	for i := range 200 {
		sort := fmt.Sprintf("%03d", i)
		if i%50 == 49 {
			items = append(items, t.item(sort, "x"))
			live = append(live, sort)
		} else {
			items = append(items, t.brief(sort, "x", time.Minute))
		}
	}
	t.put(items...)
	t.clock.Advance(2 * time.Minute)
	page := t.query(table.Range{Limit: 3})
	t.wantSorts(page, strings.Join(live[:3], " "))
	if !page.More {
		t.Error("More is false; want true: a live item follows")
	}
	page = t.query(table.Range{Limit: 3, After: live[2]})
	t.wantSorts(page, live[3])
	if page.More {
		t.Error("More is true on a page below its limit")
	}
	t.wantSorts(t.query(table.Range{Limit: 2, Reverse: true}), live[3]+" "+live[2])
}

func testBigPage(t *trial) {
	var want []table.Item
	for i := range 9 {
		want = append(want, t.item(fmt.Sprint(i), strings.Repeat(fmt.Sprint(i), 300_000)))
	}
	t.put(want...)
	for _, limit := range []int{table.MaxLimit, 9, 4, 1} {
		for _, reverse := range []bool{false, true} {
			got := t.allPages(table.Range{Limit: limit, Reverse: reverse})
			if reverse {
				slices.Reverse(got)
			}
			if len(got) != len(want) {
				t.Fatalf("%d items in pages of %d; want %d", len(got), limit, len(want))
			}
			for i := range want {
				t.wantSame(got[i], want[i])
			}
		}
	}
}

func testHeavyPage(t *trial) {
	sizes := map[string]int{"a": 10, "b": 20, "c": 300_000, "d": 300_000, "e": 300_000, "f": 300_000, "g": 10}
	for sort, size := range sizes {
		t.put(t.item(sort, strings.Repeat("x", size)))
	}
	for _, c := range []struct {
		r    table.Range
		want string
		more bool
	}{
		{table.Range{Limit: 9, Bytes: 30}, "a b", true},
		{table.Range{Limit: 9, Bytes: 1}, "a", true},
		{table.Range{Limit: 9, Bytes: 31}, "a b c", true},
		{table.Range{Limit: 1, Bytes: 30}, "a", true},
		{table.Range{Limit: 9, Bytes: 1_200_000}, "a b c d e f", true}, // more than DynamoDB returns at once
		{table.Range{Limit: 9, Bytes: 1_200_040}, "a b c d e f g", false},
		{table.Range{Limit: 9, Bytes: 300_011, Reverse: true}, "g f e", true},
		{table.Range{Limit: 9, Bytes: 300_000, After: "e"}, "f", true},
		{table.Range{Limit: 9, Bytes: 300_001, After: "e"}, "f g", false},
	} {
		page := t.query(c.r)
		t.wantSorts(page, c.want)
		if page.More != c.more {
			t.Errorf("%+v: more %v; want %v", c.r, page.More, c.more)
		}
	}
}

// allPages returns all items of a range and checks the size of each page.
func (t *trial) allPages(r table.Range) (all []table.Item) {
	t.Helper()
	for {
		page := t.query(r)
		if len(page.Items) > r.Limit || page.More && len(page.Items) < r.Limit {
			t.Fatalf("%+v: a page of %d items, more %v", r, len(page.Items), page.More)
		}
		all = append(all, page.Items...)
		if !page.More {
			return all
		}
		r.After = page.Items[len(page.Items)-1].Key.Sort
	}
}

// testAnyRange compares random ranges with a sorted list of the same items.
func testAnyRange(t *trial) {
	rng := rand.New(rand.NewPCG(2, 2))
	letters := []string{"a", "b", "\x01", "\u007f", "é", "\U0010ffff"}
	word := func(most int) (w string) {
		for range rng.IntN(most + 1) {
			w += letters[rng.IntN(len(letters))]
		}
		return w
	}
	items := make(map[string]table.Item)
	for range 80 {
		sort := letters[rng.IntN(len(letters))] + word(3)
		items[sort] = t.item(sort, "x")
		if rng.IntN(3) == 0 {
			items[sort] = t.brief(sort, "x", time.Minute)
		}
	}
	for _, item := range items {
		t.put(item)
	}
	t.clock.Advance(time.Hour)
	for range 150 {
		r := table.Range{Prefix: word(2), Reverse: rng.IntN(2) == 0, Limit: 1 + rng.IntN(5)}
		if rng.IntN(2) == 0 {
			r.After = r.Prefix + word(2)
		}
		want := listed(t, items, r)
		if got := sorts(t.allPages(r)); !slices.Equal(got, want) {
			t.Errorf("%+v: %q; want %q", r, got, want)
		}
	}
}

// listed returns the sort keys that a range over items must return.
func listed(t *trial, items map[string]table.Item, r table.Range) (want []string) {
	for sort, item := range items {
		inside := strings.HasPrefix(sort, r.Prefix)
		if r.After != "" {
			inside = inside && (sort > r.After) != r.Reverse && sort != r.After
		}
		if inside && item.Live(t.clock.Now()) {
			want = append(want, sort)
		}
	}
	slices.SortFunc(want, func(a, b string) int {
		if r.Reverse {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	return want
}
