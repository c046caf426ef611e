package dynamotable

import "time"

// SetLimits sets the timeouts of one attempt, whatever its connection, and of a call.
func (t *Table) SetLimits(attempt, total time.Duration) {
	t.limits = limits{fresh: attempt, reused: attempt, total: total}
}

// SetReusedLimit sets the timeout of an attempt on a connection that was used before.
func (t *Table) SetReusedLimit(reused time.Duration) { t.limits.reused = reused }
