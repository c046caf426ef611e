package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// DifferingView is what differs by the checks of one group, and needs the person of a seat.
type DifferingView struct {
	ID    string   // of the first check
	Last  string   // of the last check: see SuperviseRequest.PutAway
	Who   []string // who checked: see ident.Actor
	At    time.Time
	Task  TaskBrief // the first
	Tasks int       // how many
}

// differing returns what differs and needs the person of the caller's seat, oldest first.
func (c reading) differing(ctx context.Context) (list []DifferingView, err error) {
	for _, row := range c.head.Talk.DifferencesOf(c.me.Seat) {
		first := row[0]
		title, err := c.room.titleOf(ctx, c.head, first.Task)
		if err != nil {
			return nil, err
		}
		tasks := map[int64]bool{}
		for _, d := range row {
			tasks[d.Task] = true
		}
		list = append(list, DifferingView{ID: c.head.MessageID(first.N), Last: c.head.MessageID(row[len(row)-1].N),
			Who: room.Checkers(row), At: time.UnixMilli(first.AtMs), Task: TaskBrief{room.TaskID(first.Task), title},
			Tasks: len(tasks)})
	}
	return list, nil
}
