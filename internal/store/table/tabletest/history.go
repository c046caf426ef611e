package tabletest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/store/table"
)

// history holds the recent states of items by partition and sort key, the true
// state last.
type history map[string]map[string][]*state

// state is a state of an item.
type state struct {
	item  *table.Item // nil: absent
	shown uint64      // number of the first call that may see the state
}

func clone(item table.Item) table.Item {
	item.Data = bytes.Clone(item.Data)
	return item
}

// add appends a state to the item at k; before is the item's state before.
func (h history) add(k table.Key, before *table.Item, now *state) {
	if h[k.Partition] == nil {
		h[k.Partition] = make(map[string][]*state)
	}
	states := h[k.Partition][k.Sort]
	if states == nil {
		states = []*state{{item: before}}
	}
	h[k.Partition][k.Sort] = append(states, now)
}

// forget drops states that no later read can see.
func (h history) forget(calls uint64) {
	for partition, items := range h {
		for sort, states := range items {
			if oldest := seen(states, calls, staleCalls); oldest == len(states)-1 {
				delete(items, sort)
			} else {
				items[sort] = states[oldest:]
			}
		}
		if len(items) == 0 {
			delete(h, partition)
		}
	}
}

// seen returns the index of the state that a reader so many calls behind sees.
func seen(states []*state, calls, behind uint64) int {
	for i := len(states) - 1; i > 0; i-- {
		if states[i].shown+behind <= calls {
			return i
		}
	}
	return 0
}

// at returns the state in which the read p sees the item at k. If earlier is false, the read sees the true state, which
// the inner table has.
func (h history) at(k table.Key, calls uint64, p *plan) (item *table.Item, earlier bool) {
	states := h[k.Partition][k.Sort]
	if states == nil {
		return nil, false
	}
	behind := uint64(0)
	if p.stale {
		behind = p.rng.Uint64N(staleCalls + 1)
	}
	i := seen(states, calls, behind)
	return states[i].item, i < len(states)-1
}

// within returns the items of a range in the earlier states that the read p sees.
func (h history) within(r table.Range, calls uint64, p *plan) map[string]*table.Item {
	found := make(map[string]*table.Item)
	for _, sort := range slices.Sorted(maps.Keys(h[r.Partition])) {
		inRange := r.After == "" || sort != r.After && (sort > r.After) != r.Reverse
		if !strings.HasPrefix(sort, r.Prefix) || !inRange {
			continue
		}
		if item, earlier := h.at(table.Key{Partition: r.Partition, Sort: sort}, calls, p); earlier {
			found[sort] = item
		}
	}
	return found
}

// patched returns the page of a range with some items in an earlier state.
func (f *Faulty) patched(ctx context.Context, r table.Range, earlier map[string]*table.Item) (table.Page, error) {
	items, more, err := f.others(ctx, r, earlier)
	if err != nil {
		return table.Page{}, err
	}
	for _, item := range earlier {
		if item != nil && item.Live(f.clock.Now()) {
			items = append(items, clone(*item))
		}
	}
	slices.SortFunc(items, func(a, b table.Item) int {
		if r.Reverse {
			a, b = b, a
		}
		return strings.Compare(a.Key.Sort, b.Key.Sort)
	})
	if len(items) > r.Limit {
		return table.Page{Items: items[:r.Limit], More: true}, nil
	}
	return table.Page{Items: items, More: more}, nil
}

// others reads the items of a range without the earlier items. others reads a full page, because the earlier items may
// sort behind the whole page. r.Bytes does not count: that bound only saves memory.
func (f *Faulty) others(ctx context.Context, r table.Range, earlier map[string]*table.Item) (items []table.Item,
	more bool, err error) {
	rest := r
	rest.Bytes = 0
	for len(items) < r.Limit {
		page, err := f.inner.Query(ctx, rest)
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			if _, hidden := earlier[item.Key.Sort]; !hidden {
				items = append(items, item)
			}
		}
		if !page.More {
			return items, false, nil
		}
		rest.After = page.Items[len(page.Items)-1].Key.Sort
	}
	return items, true, nil
}
