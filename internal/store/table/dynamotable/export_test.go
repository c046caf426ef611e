package dynamotable

import (
	"context"
	"time"
)

// SetLimits sets the timeouts of one attempt, on any connection, and of a call.
func (t *Table) SetLimits(attempt, total time.Duration) {
	t.limits = limits{fresh: attempt, reused: attempt, total: total}
}

// SetReusedLimit sets the timeout of an attempt on a used connection.
func (t *Table) SetReusedLimit(reused time.Duration) { t.limits.reused = reused }

// HasTTL reports whether DynamoDB deletes expired items of the table.
func (t *Table) HasTTL(ctx context.Context) (bool, error) { return t.hasTTL(ctx) }
