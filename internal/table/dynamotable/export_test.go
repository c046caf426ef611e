package dynamotable

import "time"

// SetLimits sets the timeouts of one attempt and of a call.
func (t *Table) SetLimits(attempt, total time.Duration) {
	t.limits = limits{attempt: attempt, total: total}
}
