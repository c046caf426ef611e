package ident

// Counts counts what callers have, for each group of theirs: see Groups. The zero value counts
// nothing yet. Its methods may not be called concurrently.
type Counts struct{ of map[string]int64 }

// Add adds n to the count of each group. Where n is negative, it takes away.
func (c *Counts) Add(groups []Group, n int64) {
	if c.of == nil {
		c.of = map[string]int64{}
	}
	for _, g := range groups {
		c.of[g.Key] += n
		if c.of[g.Key] == 0 {
			delete(c.of, g.Key)
		}
	}
}

// Over returns the narrowest of groups that would have more than its bound with n more. The bound
// of a group is most, as often as the group may have what a caller may.
func (c *Counts) Over(groups []Group, n, most int64) (over Group, is bool) {
	for _, g := range groups {
		if c.of[g.Key]+n > most*g.Times {
			return g, true
		}
	}
	return Group{}, false
}

// Share returns how many a caller of groups has: the largest of their counts, each divided by how
// many times as much its group may have.
func (c *Counts) Share(groups []Group) (share int64) {
	for _, g := range groups {
		share = max(share, c.of[g.Key]/g.Times)
	}
	return share
}

// Len returns how many groups have any.
func (c *Counts) Len() int { return len(c.of) }
