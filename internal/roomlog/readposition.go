package roomlog

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// ReadPosition returns the stored read position of a seat; zero if there is none.
func (s Seats) ReadPosition(ctx context.Context, seat int) (p room.ReadPosition, err error) {
	l := s.log
	item, err := l.store.table.Get(ctx, readPositionKey(l.id, seat), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return p, nil
	}
	if err == nil {
		err = Decode(item, &p)
	}
	return p, err
}

// SetReadPosition stores the read position of a seat.
func (s Seats) SetReadPosition(ctx context.Context, seat int, p room.ReadPosition) error {
	l := s.log
	p.V = room.Version
	return l.store.table.Write(ctx, table.Put(table.Item{
		Key: readPositionKey(l.id, seat), Expires: l.store.now().Add(room.Life), Data: Encode(p),
	}, table.Always))
}
