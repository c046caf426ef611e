package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// goneItem stores why a seat was given up.
type goneItem struct {
	V      int         `json:"v"`
	Reason room.Reason `json:"why"`
}

// Vacate returns the ops that delete the presence of a seat's former owner and
// store why the seat is gone. If the lease has ended, the owner must not have
// called again.
func Vacate(id string, gone room.Event, now time.Time) []table.Op {
	cond := table.Always
	if gone.Reason == room.ReasonTimeout {
		cond = table.IfAbsent
	}
	return []table.Op{
		table.Delete(PresenceKey(id, gone.Seat), cond),
		table.Put(table.Item{
			Key: goneKey(id, gone.Seat), Expires: now.Add(room.Life),
			Data: Encode(goneItem{V: room.Version, Reason: gone.Reason}),
		}, table.Always),
	}
}

// WhyGone returns why the former agent of a seat has lost it. An agent that left has
// stored no reason.
func (s Seats) WhyGone(ctx context.Context, seat int) (room.Reason, error) {
	l := s.log
	item, err := l.store.table.Get(ctx, goneKey(l.id, seat), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return room.ReasonLeft, nil
	}
	gone := goneItem{}
	if err == nil {
		err = Decode(item, &gone)
	}
	return gone.Reason, err
}
