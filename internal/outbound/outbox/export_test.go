package outbox

// Idle reports whether no goroutine of Run looks at a hook.
func (b *Box) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.jobs {
		if w.running {
			return false
		}
	}
	return true
}
