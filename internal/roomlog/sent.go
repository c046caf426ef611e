package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// sentLife is how long an idempotency key stands for its message.
const sentLife = 24 * time.Hour

// sentItem stores the message that an idempotency key stands for.
type sentItem struct {
	V   int   `json:"v"`
	Seq int64 `json:"seq"`
}

// PutSent returns the op that makes the idempotency key of a stand for event n,
// unless it stands for another one.
func PutSent(id string, a room.Agent, key string, n int64, now time.Time) table.Op {
	return table.Put(table.Item{
		Key: sentKey(id, a, key), Expires: now.Add(sentLife), Data: Encode(sentItem{V: room.Version, Seq: n}),
	}, table.IfAbsent)
}

// ReadSent returns the event in an item of PutSent; 0 if it is none.
func ReadSent(item table.Item) int64 {
	var s sentItem
	if Decode(item, &s) != nil {
		return 0
	}
	return s.Seq
}

// Sent returns the event that the idempotency key of a stands for; 0 for none.
func (s Seats) Sent(ctx context.Context, a room.Agent, key string) (int64, error) {
	l := s.log
	item, err := l.store.table.Get(ctx, sentKey(l.id, a, key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return ReadSent(item), nil
}
