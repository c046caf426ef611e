// Package fairqueue lets a few calls at once use memory, processor or connections, while the others wait for their
// turns. [Turns] limits all calls together and each group, such as the readers of one room. An order of [Call]s says
// which waiting call is next: [Fair], or an order of the user.
package fairqueue

import (
	"context"
	"slices"
	"sync"
)

// Turns gives calls their turns. A call whose group has all its turns waits, and keeps no turn from other groups. C
// tells callers apart. The methods may be called concurrently.
type Turns[C comparable] struct {
	n, perGroup int
	order       func(a, b *Call[C]) int
	began       func(C)

	mu      sync.Mutex
	taken   int
	ended   int                  // turns, ever
	groups  map[string]*group[C] // groups with a call
	waiting []*Call[C]           // in the order of arrival; no turn is free for any
}

// group is the calls that share a limit.
type group[C comparable] struct {
	name    string
	calls   int       // waiting or with a turn
	taken   int       // turns
	callers map[C]int // how many turns each caller has
	since   int       // Turns.ended when the last turn of the group ended, or when its first call came
}

// Call is a call that waits for a turn or has one.
type Call[C comparable] struct {
	Caller C
	group  *group[C]
	turn   chan struct{} // closed when the turn begins
}

// Fair is an order in which many calls of one group do not go ahead of others. First goes the group with the fewest
// turns now, then the group that has waited longest since its last turn, and in a group the caller with the fewest
// turns.
func Fair[C comparable](a, b *Call[C]) int {
	if a.group == b.group {
		return a.group.callers[a.Caller] - b.group.callers[b.Caller]
	}
	if a.group.taken != b.group.taken {
		return a.group.taken - b.group.taken
	}
	return a.group.since - b.group.since
}

// New returns Turns that give n turns at once, of which a group may have perGroup. order is negative if a goes before
// b; among equals the first to come is first, and a nil order makes all equal. began, unless nil, is called with the
// caller of each turn. order and began are called one at a time, and must not call a method of the Turns.
func New[C comparable](n, perGroup int, order func(a, b *Call[C]) int, began func(C)) *Turns[C] {
	if order == nil {
		order = func(_, _ *Call[C]) int { return 0 }
	}
	if began == nil {
		began = func(C) {}
	}
	return &Turns[C]{n: n, perGroup: perGroup, order: order, began: began, groups: map[string]*group[C]{}}
}

// Enter returns when a call of a caller has its turn. The caller ends the turn with leave, once. With an error, the
// error of ctx, there is no turn.
func (t *Turns[C]) Enter(ctx context.Context, group string, caller C) (leave func(), err error) {
	c := t.enqueue(group, caller)
	select {
	case <-c.turn:
		return func() { t.leave(c) }, nil
	case <-ctx.Done():
		t.dequeue(c)
		return nil, ctx.Err()
	}
}

func (t *Turns[C]) enqueue(name string, caller C) *Call[C] {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.groups[name]
	if g == nil {
		g = &group[C]{name: name, callers: map[C]int{}, since: t.ended}
		t.groups[name] = g
	}
	g.calls++
	c := &Call[C]{caller, g, make(chan struct{})}
	if t.taken < t.n && g.taken < t.perGroup {
		t.begin(c)
	} else {
		t.waiting = append(t.waiting, c)
	}
	return c
}

// begin gives c a turn. The caller holds t.mu.
func (t *Turns[C]) begin(c *Call[C]) {
	t.taken++
	c.group.taken++
	c.group.callers[c.Caller]++
	t.began(c.Caller)
	close(c.turn)
}

func (t *Turns[C]) leave(c *Call[C]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(c)
}

// dequeue ends a call that waits no longer.
func (t *Turns[C]) dequeue(c *Call[C]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting, c)
	if i < 0 { // the turn began at the same moment
		t.end(c)
		return
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	t.forget(c)
}

// end ends the turn of c, and begins the turn of the next call. The caller holds t.mu.
func (t *Turns[C]) end(c *Call[C]) {
	g := c.group
	t.taken--
	g.taken--
	g.callers[c.Caller]--
	if g.callers[c.Caller] == 0 {
		delete(g.callers, c.Caller)
	}
	t.ended++
	g.since = t.ended
	t.forget(c)
	next := -1
	for i, w := range t.waiting {
		if w.group.taken < t.perGroup && (next < 0 || t.order(w, t.waiting[next]) < 0) {
			next = i
		}
	}
	if next < 0 {
		return
	}
	w := t.waiting[next]
	t.waiting = slices.Delete(t.waiting, next, next+1)
	t.begin(w)
}

// forget drops the group of an ended call without other calls. The caller holds t.mu.
func (t *Turns[C]) forget(c *Call[C]) {
	c.group.calls--
	if c.group.calls == 0 {
		delete(t.groups, c.group.name)
	}
}
