package meter

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/store/table"
)

// Table returns a table that counts the reads and writes of t in m.
func (m *Meter) Table(t table.Table) table.Table { return counted{t, m} }

type counted struct {
	table.Table
	meter *Meter
}

// Get implements [table.Table].
func (c counted) Get(ctx context.Context, k table.Key, consistency table.Consistency) (table.Item, error) {
	c.meter.reads.Add(1)
	item, err := c.Table.Get(ctx, k, consistency)
	c.meter.recordOutcome(err)
	return item, err
}

// Query implements [table.Table].
func (c counted) Query(ctx context.Context, r table.Range) (table.Page, error) {
	c.meter.reads.Add(1)
	page, err := c.Table.Query(ctx, r)
	c.meter.recordOutcome(err)
	return page, err
}

// Write implements [table.Table].
func (c counted) Write(ctx context.Context, ops ...table.Op) error {
	c.meter.writes.Add(1)
	err := c.Table.Write(ctx, ops...)
	c.meter.recordOutcome(err)
	return err
}

// recordOutcome counts err if the table failed. A missing item, a conflict and a cancelled context are not failures.
func (m *Meter) recordOutcome(err error) {
	var conflict *table.ConflictError
	if err != nil && !errors.Is(err, table.ErrNotFound) && !errors.Is(err, context.Canceled) &&
		!errors.As(err, &conflict) {
		m.failures.Add(1)
	}
}

// Spend adds the cost of one operation of DynamoDB: requests sent, and capacity units. The account of ctx, if any, is
// charged as well.
func (m *Meter) Spend(ctx context.Context, requests int, read, write float64) {
	m.requests.Add(int64(requests))
	m.readUnits.Add(int64(read * 10))
	m.writeUnits.Add(int64(write * 10))
	From(ctx).spend(read, write)
}
