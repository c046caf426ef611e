package room

// ChangeTo returns the event that changes settings.
func ChangeTo(next, old Settings) Event {
	c := differences(next, old)
	if c == nil {
		c = &Changes{}
	}
	return *changeTo(next, old, c)
}
