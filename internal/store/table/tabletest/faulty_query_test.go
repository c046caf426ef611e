package tabletest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// crowd is a faulty table with calm items, which never change, and busy items
// between them.
type crowd struct {
	*testing.T
	clock *clockwork.FakeClock
	table *tabletest.Faulty
	rng   *rand.Rand
	calm  []string
}

func newCrowd(t *testing.T) *crowd {
	clock := clockwork.NewFakeClockAt(start())
	c := &crowd{T: t, clock: clock, rng: rand.New(rand.NewPCG(1, 1))}
	inner := openFile(t, clock)
	for a := range 3 {
		for b := range 10 {
			c.calm = append(c.calm, fmt.Sprintf("%d%d", a, b))
			write(t, inner, table.Put(item(c.calm[len(c.calm)-1], "calm"), table.Always))
		}
	}
	c.table = tabletest.NewFaulty(inner, clock, 1, tabletest.Faults{Stale: 1})
	return c
}

// bustle puts or deletes a few busy items. Some of them expire.
func (c *crowd) bustle() {
	for range 4 {
		busy := item(fmt.Sprintf("%d%dbusy", c.rng.IntN(3), c.rng.IntN(10)), "busy")
		switch c.rng.IntN(3) {
		case 0:
			write(c.T, c.table, table.Delete(busy.Key, table.Always))
		case 1:
			busy.Expires = c.clock.Now().Add(time.Second)
			fallthrough
		default:
			write(c.T, c.table, table.Put(busy, table.Always))
		}
	}
	c.clock.Advance(time.Second)
}

// check checks the rules that hold for a page with any busy items.
func (c *crowd) check(r table.Range, page table.Page) {
	c.Helper()
	compare := cmp.Compare[string]
	if r.Reverse {
		compare = func(a, b string) int { return cmp.Compare(b, a) }
	}
	if len(page.Items) > r.Limit || page.More && len(page.Items) < r.Limit {
		c.Fatalf("%+v: %d items, more %v", r, len(page.Items), page.More)
	}
	last := r.After
	found := make(map[string]bool)
	for _, i := range page.Items {
		if !strings.HasPrefix(i.Key.Sort, r.Prefix) || last != "" && compare(i.Key.Sort, last) <= 0 ||
			!i.Live(c.clock.Now()) {
			c.Fatalf("%+v: %s after %q, expires %v", r, i.Key.Sort, last, i.Expires)
		}
		last = i.Key.Sort
		found[last] = true
	}
	for _, sort := range c.calm {
		inRange := strings.HasPrefix(sort, r.Prefix) && (r.After == "" || compare(sort, r.After) > 0)
		if inRange && (!page.More || compare(sort, last) <= 0) && !found[sort] {
			c.Fatalf("%+v: %s is missing", r, sort)
		}
	}
}

func TestFaulty_staleQuery_respectsOrderRangeAndLimit(t *testing.T) {
	c := newCrowd(t)
	for range 150 {
		c.bustle()
		r := table.Range{Partition: "p", Reverse: c.rng.IntN(2) == 0, Limit: 1 + c.rng.IntN(12)}
		if c.rng.IntN(2) == 0 {
			r.Prefix = fmt.Sprint(c.rng.IntN(3))
		}
		if c.rng.IntN(2) == 0 {
			r.After = fmt.Sprintf("%s%d", cmp.Or(r.Prefix, "1"), c.rng.IntN(10))
		}
		page, err := c.table.Query(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		c.check(r, page)
		for _, i := range page.Items {
			if !slices.Contains([]string{"calm", "busy"}, string(i.Data)) {
				t.Fatalf("%s holds %q", i.Key.Sort, i.Data)
			}
			copy(i.Data, "####") // the caller owns the data
		}
	}
	if c.table.Counts().Stale < 100 {
		t.Errorf("only %d queries were stale", c.table.Counts().Stale)
	}
}

func TestFaulty_staleGet_neverSeesAnExpiredItem(t *testing.T) {
	c := newCrowd(t)
	for range 150 {
		c.bustle()
		for range 3 {
			k := item(fmt.Sprintf("%d%dbusy", c.rng.IntN(3), c.rng.IntN(10)), "").Key
			if got, err := c.table.Get(t.Context(), k, table.Eventual); err == nil && !got.Live(c.clock.Now()) {
				t.Fatalf("%s expired at %v", k, got.Expires)
			}
		}
	}
}
