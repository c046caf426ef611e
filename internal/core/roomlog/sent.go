package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// sentLife is how long an idempotency key stands for its message. Programs need exactness: a text alone counts as
// repeated for room.RepeatWindow only.
const sentLife = 24 * time.Hour

// SentAs is what an idempotency key stands for.
type SentAs struct {
	V     int   `json:"v"`
	N     int64 `json:"seq"`             // the event; 0: the key stands for nothing
	Draft bool  `json:"draft,omitempty"` // the event is the draft of a message that has not been sent
}

// PutSent returns the op that makes the idempotency key of caller stand for as, unless the key stands for something
// else.
func PutSent(id string, caller room.Caller, key string, as SentAs, now time.Time) table.Op {
	return putSent(id, caller, key, as, now, table.IfAbsent)
}

// MoveSent returns the op that makes the idempotency key of agent, which stood for a draft of the agent, stand for as.
// The person behind agent, who has other keys, may have decided about the draft.
func MoveSent(id string, agent room.Agent, key string, as SentAs, now time.Time) table.Op {
	return putSent(id, room.Caller{Agent: agent}, key, as, now, table.Always)
}

func putSent(id string, caller room.Caller, key string, as SentAs, now time.Time, on table.Condition) table.Op {
	as.V = room.Version
	return table.Put(table.Item{Key: sentKey(id, caller, key), Expires: now.Add(sentLife), Data: Encode(as)}, on)
}

// ReadSent returns the content of an item of PutSent; zero if the item is none.
func ReadSent(item table.Item) (as SentAs) {
	if Decode(item, &as) != nil {
		return SentAs{}
	}
	return as
}

// Sent returns what the idempotency key of caller stands for.
func (i Items) Sent(ctx context.Context, caller room.Caller, key string) (SentAs, error) {
	l := i.log
	item, err := l.store.table.Get(ctx, sentKey(l.id, caller, key), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return SentAs{}, nil
	}
	if err != nil {
		return SentAs{}, err
	}
	return ReadSent(item), nil
}
