package outbox

// Idle reports whether Run runs no job.
func (d *Dispatcher) Idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.jobs {
		if w.running {
			return false
		}
	}
	return true
}
