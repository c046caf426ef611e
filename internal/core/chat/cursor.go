package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/base/ident"
)

// readCursor parses a cursor of the caller, whose head is current. ok is false if s is no such cursor, or one beyond
// the head.
func (c *session) readCursor(s string) (cursor ident.Cursor, ok bool) {
	cursor, ok = c.token.ParseCursor(s)
	if !ok || cursor.N > c.room.log.Peek().AsOf {
		return ident.Cursor{}, false
	}
	return cursor, true
}

// ownCursor returns the cursor of an answer that hands nothing out, and how far the caller has read: the cursor given,
// if it is one of the caller's; else, for an agent, how far it was handed events. The cursor is "" while an answer may
// be lost: see presence.Delivery.Cursor.
func (c *session) ownCursor(ctx context.Context, given string) (cursor string, read int64, err error) {
	if named, ok := c.readCursor(given); ok {
		return given, named.N, nil
	}
	if c.me.IsPerson() {
		return "", 0, nil
	}
	read, ok, err := c.reader().Cursor(ctx)
	if ok {
		cursor = c.cursor(read, false)
	}
	return cursor, read, err
}

// nextCursor is ownCursor for an answer after which words to all may hold a call back again: a cursor that these have
// held back once loses its mark.
func (c *session) nextCursor(ctx context.Context, given string) (cursor string, read int64, err error) {
	cursor, read, err = c.ownCursor(ctx, given)
	if named, ok := c.readCursor(given); ok && named.Held {
		cursor = c.cursor(named.N, named.ToldOthersAway)
	}
	return cursor, read, err
}

// cursor returns a cursor of the caller at event n.
func (c *session) cursor(n int64, toldOthersAway bool) string {
	return ident.Cursor{N: n, ToldOthersAway: toldOthersAway}.String(c.token)
}
