package outbox

// Idle reports whether no goroutine of Run looks at a hook.
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
