// Package fairqueue lets a few calls at once do what takes memory, processor or connections, while the
// others wait for their turns. [Turns] bounds them together and for each group, such as those that
// read one room. An order of [Call] says which of those that wait is next: [Fair], or one of the user.
package fairqueue

import (
	"context"
	"slices"
	"sync"
)

// Turns gives calls their turns. A call that waits because its group has all turns that it may have
// keeps none from others. C tells callers apart. The methods may be called concurrently.
type Turns[C comparable] struct {
	n, perGroup int
	order       func(a, b *Call[C]) int
	began       func(C)

	mu      sync.Mutex
	taken   int
	ended   int                  // turns, ever
	groups  map[string]*group[C] // those with a call
	waiting []*Call[C]           // in the order in which they came; no turn is free for any of them
}

// group is the calls that share a bound.
type group[C comparable] struct {
	name    string
	calls   int       // that wait or have a turn
	taken   int       // turns
	callers map[C]int // how many of them each caller has
	since   int       // Turns.ended when its last turn ended, or when its first call came
}

// Call is a call that waits for a turn or has one.
type Call[C comparable] struct {
	Caller C
	group  *group[C]
	turn   chan struct{} // closed when it begins
}

// Fair is an order in which no crowd goes ahead of others: first goes the group with the fewest turns
// now, of such the one that has waited longest since its last turn, and in a group the caller with the
// fewest turns.
func Fair[C comparable](a, b *Call[C]) int {
	if a.group == b.group {
		return a.group.callers[a.Caller] - b.group.callers[b.Caller]
	}
	if a.group.taken != b.group.taken {
		return a.group.taken - b.group.taken
	}
	return a.group.since - b.group.since
}

// New returns n turns at once, of which a group may have perGroup. order is negative if a goes before b;
// among equals the one that came first is first, and with nil that holds for all. began hears of the
// caller of each turn, unless it is nil. Both are called one at a time, and must not call a method of
// the Turns.
func New[C comparable](n, perGroup int, order func(a, b *Call[C]) int, began func(C)) *Turns[C] {
	if order == nil {
		order = func(_, _ *Call[C]) int { return 0 }
	}
	if began == nil {
		began = func(C) {}
	}
	return &Turns[C]{n: n, perGroup: perGroup, order: order, began: began, groups: map[string]*group[C]{}}
}

// Enter returns when a call of a caller has its turn, which ends when it calls leave, once. The error
// is that of ctx, and then there is no turn.
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

// begin gives c a turn. t.mu is held.
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
	if i < 0 { // its turn began at the same moment
		t.end(c)
		return
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	t.forget(c)
}

// end takes the turn of c back and gives it to the next call. t.mu is held.
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

// forget drops the group of a call that is over, if it has no other. t.mu is held.
func (t *Turns[C]) forget(c *Call[C]) {
	c.group.calls--
	if c.group.calls == 0 {
		delete(t.groups, c.group.name)
	}
}
