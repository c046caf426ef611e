package room

import (
	"strings"

	"github.com/parley-chat/parley/internal/testkit/printed"
)

// A failed test prints what is set of an event.
func (e Event) String() string { return printed.Set(e) }

// ChangeTo returns the event that changes settings.
func ChangeTo(next, old Settings) Event {
	c := next.differences(old)
	if c == nil {
		c = &Changes{}
	}
	return *next.changeTo(old, c)
}

// MayHave returns the fields that an event of a type may have.
func MayHave(is EventType) (fields []string) {
	for _, t := range eventTypes {
		if t.is == is {
			fields = strings.Fields(everyEvent + " " + t.may)
		}
	}
	return fields
}
