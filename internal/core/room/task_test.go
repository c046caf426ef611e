package room_test

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/core/room"
)

// task renders how a task stands: "gone", "open", "open for 2", "after t1" or "taken 2".
func (l *timeline) task(no int64) string {
	t, open := l.head.Task(no)
	var s []string
	switch after := l.head.WaitsFor(t); {
	case !open:
		return "gone"
	case t.Holder.Seat != 0:
		s = append(s, fmt.Sprint("taken ", t.Holder.Seat))
	case len(after) > 0:
		s = append(s, "after")
		for _, no := range after {
			s = append(s, room.TaskID(no))
		}
	default:
		s = append(s, "open")
	}
	for _, m := range t.For {
		s = append(s, fmt.Sprint("for ", m.Seat))
	}
	return strings.Join(s, " ")
}
