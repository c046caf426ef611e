package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// ReadPosition returns the stored read position of caller; zero if there is none.
func (s Seats) ReadPosition(ctx context.Context, caller room.Caller) (position room.ReadPosition, err error) {
	l := s.log
	item, err := l.store.table.Get(ctx, readPositionKey(l.id, caller), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return position, nil
	}
	if err == nil {
		err = Decode(item, &position)
	}
	return position, err
}

// SetReadPosition stores the read position of c.
func (s Seats) SetReadPosition(ctx context.Context, c room.Caller, p room.ReadPosition) error {
	p.V = room.Version
	return s.log.store.table.Write(ctx, table.Put(table.Item{
		Key: readPositionKey(s.log.id, c), Expires: s.log.store.now().Add(room.Life), Data: Encode(p),
	}, table.Always))
}
