package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// ReadPosition returns the stored read position of a, or of the device of the person
// behind it; zero if there is none.
func (s Seats) ReadPosition(ctx context.Context, a room.Agent) (p room.ReadPosition, err error) {
	l := s.log
	item, err := l.store.table.Get(ctx, readPositionKey(l.id, a), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return p, nil
	}
	if err == nil {
		err = Decode(item, &p)
	}
	if p.Joined != a.Joined { // of the former owner of its number
		p = room.ReadPosition{}
	}
	return p, err
}

// SetReadPosition stores the read position of a.
func (s Seats) SetReadPosition(ctx context.Context, a room.Agent, p room.ReadPosition) error {
	return s.log.store.table.Write(ctx, PutReadPosition(s.log.id, a, p, s.log.store.now()))
}

// PutReadPosition returns the op that stores the read position of a in the room of an id.
func PutReadPosition(id string, a room.Agent, p room.ReadPosition, now time.Time) table.Op {
	p.V, p.Joined = room.Version, a.Joined
	return table.Put(table.Item{
		Key: readPositionKey(id, a), Expires: now.Add(room.Life), Data: Encode(p),
	}, table.Always)
}
