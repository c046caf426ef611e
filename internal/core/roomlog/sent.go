package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// sentLife is how long an idempotency key stands for its message. Programs need exactness: a text
// alone counts as repeated for room.RepeatWindow only.
const sentLife = 24 * time.Hour

// SentAs is what an idempotency key stands for.
type SentAs struct {
	V     int   `json:"v"`
	N     int64 `json:"seq"`             // the event; 0: the key stands for nothing
	Draft bool  `json:"draft,omitempty"` // it is the draft of a message, which has not been sent
	Asks  bool  `json:"asks,omitempty"`  // the call named those whom the message asks: a proposal without them asks all
}

// PutSent returns the op that makes the idempotency key of a stand for as, unless it
// stands for something else.
func PutSent(id string, a room.Agent, key string, as SentAs, now time.Time) table.Op {
	return putSent(id, a, key, as, now, table.IfAbsent)
}

// MoveSent returns the op that makes the idempotency key of a, which stood for a draft of
// the agent, stand for as. The person behind a may have decided so.
func MoveSent(id string, a room.Agent, key string, as SentAs, now time.Time) table.Op {
	a.Device = "" // who has keys of its own
	return putSent(id, a, key, as, now, table.Always)
}

func putSent(id string, a room.Agent, key string, as SentAs, now time.Time, c table.Condition) table.Op {
	as.V = room.Version
	return table.Put(table.Item{Key: sentKey(id, a, key), Expires: now.Add(sentLife), Data: Encode(as)}, c)
}

// ReadSent returns what is in an item of PutSent; nothing if it is none.
func ReadSent(item table.Item) (as SentAs) {
	if Decode(item, &as) != nil {
		return SentAs{}
	}
	return as
}

// Sent returns what the idempotency key of a stands for.
func (s Seats) Sent(ctx context.Context, a room.Agent, key string) (SentAs, error) {
	l := s.log
	item, err := l.store.table.Get(ctx, sentKey(l.id, a, key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return SentAs{}, nil
	}
	if err != nil {
		return SentAs{}, err
	}
	return ReadSent(item), nil
}
