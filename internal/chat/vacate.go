package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// goneItem stores why a seat was given up.
type goneItem struct {
	V      int         `json:"v"`
	Reason room.Reason `json:"why"`
}

// vacate returns the ops that delete the presence of a seat's former owner and
// store why the seat is gone. If the lease has ended, the owner must not have
// called again.
func vacate(id string, gone room.Event, now time.Time) []table.Op {
	cond := table.Always
	if gone.Reason == room.ReasonTimeout {
		cond = table.IfAbsent
	}
	return []table.Op{
		table.Delete(roomlog.PresenceKey(id, gone.Seat), cond),
		table.Put(table.Item{
			Key: roomlog.GoneKey(id, gone.Seat), Expires: now.Add(room.Life),
			Data: roomlog.Encode(goneItem{V: room.Version, Reason: gone.Reason}),
		}, table.Always),
	}
}
