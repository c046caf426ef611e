package ident

// Counts counts what callers have, for each of their groups: see Groups. The zero value is empty. The methods may not
// be called concurrently.
type Counts struct{ of map[string]int64 }

// Add adds n to the count of each group. n may be negative.
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

// Over returns the narrowest of groups that would exceed its limit with n more. The limit of a group is most times
// Group.Times.
func (c *Counts) Over(groups []Group, n, most int64) (over Group, is bool) {
	for _, g := range groups {
		if c.of[g.Key]+n > most*g.Times {
			return g, true
		}
	}
	return Group{}, false
}

// Share returns how many a caller of groups has: the largest of the counts, each divided by Group.Times.
func (c *Counts) Share(groups []Group) (share int64) {
	for _, g := range groups {
		share = max(share, c.of[g.Key]/g.Times)
	}
	return share
}

// Len returns how many groups have a count.
func (c *Counts) Len() int { return len(c.of) }
