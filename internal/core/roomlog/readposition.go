package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
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
	return p, err
}

// SetReadPosition stores the read position of a.
func (s Seats) SetReadPosition(ctx context.Context, a room.Agent, p room.ReadPosition) error {
	p.V = room.Version
	return s.log.store.table.Write(ctx, table.Put(table.Item{
		Key: readPositionKey(s.log.id, a), Expires: s.log.store.now().Add(room.Life), Data: Encode(p),
	}, table.Always))
}
