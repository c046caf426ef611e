package room

// ChangeTo returns the event that changes settings.
func ChangeTo(next, old Settings) Event {
	c := next.differences(old)
	if c == nil {
		c = &Changes{}
	}
	return *next.changeTo(old, c)
}
