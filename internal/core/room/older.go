package room

// This file says what the events and tables of older programs mean.

// IsStop reports whether c is an edit by which an older program put a task behind a new one. Anyone could make it. It
// changes After alone, and its words are not those of the agent that made it.
func (c *TaskChange) IsStop() bool { return c.Stop }
