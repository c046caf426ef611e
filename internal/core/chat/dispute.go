package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// DisputeView is a dispute that needs the person of a seat.
type DisputeView struct {
	ID         string // of its first event
	Kind       room.DisputeKind
	Who        string // the agent that disputes
	Person     bool   // the person behind Who did
	PersonName string // the name of that person; "" without a name
	At         time.Time
	Tasks      []TaskBrief // the first disputedTitles with their titles
	Objection  *Message    // nil: another kind, or the objection has expired
}

// disputedTitles is how many titles are read for the disputes of a seat.
const disputedTitles = 10

// disputes returns the disputes that need the person of the caller's seat, oldest first.
func (c reading) disputes(ctx context.Context) (list []DisputeView, err error) {
	titles := disputedTitles
	for _, d := range c.head.Talk.DisputesOf(c.me.Seat, c.room.svc.now()) {
		v := DisputeView{ID: c.head.MessageID(d.N), Kind: d.Kind, Who: d.Name, Person: d.Person,
			PersonName: d.PersonName, At: time.UnixMilli(d.AtMs)}
		for _, no := range d.Tasks {
			brief := TaskBrief{ID: room.TaskID(no)}
			if titles > 0 {
				titles--
				brief.Title, err = c.room.titleOf(ctx, c.head, no)
				if err != nil {
					return nil, err
				}
			}
			v.Tasks = append(v.Tasks, brief)
		}
		if d.Kind == room.DisputeObject {
			v.Objection, err = c.objection(ctx, d.N)
			if err != nil {
				return nil, err
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// objection returns the beginning of the objection of event n; nil if it has expired.
func (c reading) objection(ctx context.Context, n int64) (*Message, error) {
	event, err := c.room.log.Event(ctx, n)
	if errors.Is(err, table.ErrNotFound) {
		return nil, nil
	}
	message := messageOf(&c.head.State, c.me, event)
	message.keepChars(needChars)
	return &message, err
}
