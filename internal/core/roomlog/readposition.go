package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// ReadPosition returns the stored read position of caller; zero if there is none.
func (i Items) ReadPosition(ctx context.Context, caller room.Caller) (position room.ReadPosition, err error) {
	l := i.log
	item, err := l.store.table.Get(ctx, readPositionKey(l.id, caller), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return position, nil
	}
	if err == nil {
		err = Decode(item, &position)
	}
	return position, err
}

// SetReadPosition stores the read position of caller.
func (i Items) SetReadPosition(ctx context.Context, caller room.Caller, position room.ReadPosition) error {
	position.V = room.Version
	return i.log.store.table.Write(ctx, table.Put(table.Item{
		Key: readPositionKey(i.log.id, caller), Expires: i.log.store.now().Add(room.Life), Data: Encode(position),
	}, table.Always))
}
