package tabletest

import (
	"context"

	"github.com/parley-chat/parley/internal/store/table"
)

// Method is a method of table.Table.
type Method string

const (
	Get   Method = "Get"
	Query Method = "Query"
	Write Method = "Write"
)

// Call is one call of a Hooks table: its arguments and, in After, its results. A Call has only the fields of its
// method.
type Call struct {
	Method      Method
	Key         table.Key         // of a Get
	Consistency table.Consistency // of a Get
	Range       table.Range       // of a Query
	Ops         []table.Op        // of a Write

	Item table.Item // from a Get
	Page table.Page // from a Query
	Err  error
}

// Hooks is a table that runs a function before and after each call of the table below. Both functions are optional, and
// run on the caller's goroutine, concurrently for concurrent calls.
type Hooks struct {
	Table table.Table
	// Before may block the call, or fail it by returning an error. A failed
	// call reaches neither the table below nor After.
	Before func(ctx context.Context, c Call) error
	// After may replace the results of the call. With Err set after a successful Write, the reply is lost.
	After func(ctx context.Context, c *Call)
}

var _ table.Table = (*Hooks)(nil)

// Get implements table.Table.
func (h *Hooks) Get(ctx context.Context, k table.Key, consistency table.Consistency) (table.Item, error) {
	c := Call{Method: Get, Key: k, Consistency: consistency}
	h.run(ctx, &c, func() { c.Item, c.Err = h.Table.Get(ctx, k, consistency) })
	return c.Item, c.Err
}

// Query implements table.Table.
func (h *Hooks) Query(ctx context.Context, r table.Range) (table.Page, error) {
	c := Call{Method: Query, Range: r}
	h.run(ctx, &c, func() { c.Page, c.Err = h.Table.Query(ctx, r) })
	return c.Page, c.Err
}

// Write implements table.Table.
func (h *Hooks) Write(ctx context.Context, ops ...table.Op) error {
	c := Call{Method: Write, Ops: ops}
	h.run(ctx, &c, func() { c.Err = h.Table.Write(ctx, ops...) })
	return c.Err
}

// run makes the call, with the hooks around it.
func (h *Hooks) run(ctx context.Context, c *Call, call func()) {
	if h.Before != nil {
		c.Err = h.Before(ctx, *c)
		if c.Err != nil {
			return
		}
	}
	call()
	if h.After != nil {
		h.After(ctx, c)
	}
}
