package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/room"
)

// The person behind a seat calls what its agent calls, with a token of its own. It has a
// read position for each device, and its own waits.

// isFirst reports whether the device at read position p was given nothing yet.
func (c *caller) isFirst(p room.ReadPosition) bool {
	return p.Acked == 0 && p.Handed <= c.agent.Joined && c.positions().Shown(0) == 0
}

// addLatest adds the last messages, for a device that looks into the room for the first
// time: what it has not read may be long.
func (c *caller) addLatest(ctx context.Context, got *Seated) error {
	asOf := c.head.AsOf
	if err := got.addLastMessages(ctx, c.room.log, c.agent, asOf+1); err != nil {
		return err
	}
	got.Cursor = c.cursor(asOf, false)
	return c.positions().Handed(ctx, room.ReadPosition{}.Handing(asOf, asOf, 0, false))
}
