package dynamotable

import "time"

// SetLimits shortens, for a test, the waiting for one answer and for a call
// without a deadline.
func (t *Table) SetLimits(attempt, total time.Duration) {
	t.limits = limits{attempt: attempt, total: total}
}
