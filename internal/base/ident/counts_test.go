package ident

import "testing"

// A caller of IPv6 is limited by itself, by its /56 with twice as much, and by its /48 with four times as much.
func TestCounts_ofNeighbors_areBoundedByTheirNetworks(t *testing.T) {
	const most = 10
	here, next, far := Groups("address 2001:db8:1:100::/64"), Groups("address 2001:db8:1:101::/64"),
		Groups("address 2001:db8:1:200::/64")
	for name, c := range map[string]struct {
		have   map[*[]Group]int64
		over   string // the group of here that is over its limit with one more
		shares int64
	}{
		"nobody":                    {nil, "", 0},
		"one less than its bound":   {map[*[]Group]int64{&here: 9}, "", 9},
		"its bound":                 {map[*[]Group]int64{&here: 10}, here[0].Key, 10},
		"a neighbor has its bound":  {map[*[]Group]int64{&next: 19}, "", 9},
		"the /56 has its bound":     {map[*[]Group]int64{&here: 5, &next: 15}, here[1].Key, 10},
		"the /48 has its bound":     {map[*[]Group]int64{&far: 40}, here[2].Key, 10},
		"all, so the narrowest one": {map[*[]Group]int64{&here: 10, &next: 10, &far: 20}, here[0].Key, 10},
	} {
		t.Run(name, func(t *testing.T) {
			var counts Counts
			for groups, n := range c.have {
				counts.Add(*groups, n)
			}
			over, is := counts.Over(here, 1, most)
			if over.Key != c.over || is != (c.over != "") {
				t.Errorf("over is %q, %v, want %q", over.Key, is, c.over)
			}
			if got := counts.Share(here); got != c.shares {
				t.Errorf("the share is %d, want %d", got, c.shares)
			}
			for groups, n := range c.have {
				counts.Add(*groups, -n)
			}
			if counts.Len() != 0 {
				t.Errorf("%d groups are kept that have nothing", counts.Len())
			}
		})
	}
}
