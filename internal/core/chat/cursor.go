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
		cursor = c.cursor(read, ident.Cursor{})
	}
	return cursor, read, err
}

// nextCursor is ownCursor for an answer after which words to all may hold a call back again: a cursor that these have
// held back once loses its mark. went is nil, or a call that went through: its count ends.
func (c *session) nextCursor(ctx context.Context, given string, went *intent) (cursor string, read int64, err error) {
	cursor, read, err = c.ownCursor(ctx, given)
	if named, ok := c.readCursor(given); ok {
		next := named
		if went != nil {
			*went.held(&next) = 0
		}
		if next != named || named.Held {
			cursor = c.cursor(named.N, next)
		}
	}
	return cursor, read, err
}

// afterMessage returns the cursor that was given with a call whose message is event n; 0: none. If n is newer than the
// cursor, the message went through, and the count of held messages ends. A repeated call, too, may have lost the answer
// that said so.
func afterMessage(n int64, given ident.Cursor) ident.Cursor {
	if n > given.N {
		given.HeldSends = 0
	}
	return given
}

// cursorAfter is afterMessage for an answer that hands nothing out.
func (c *session) cursorAfter(n int64, given string) string {
	named, ok := c.readCursor(given)
	if next := afterMessage(n, named); ok && next != named {
		return next.String(c.token)
	}
	return given
}

// cursor returns the cursor of an answer, at event n. The given one goes on without its mark: words to all may hold a
// call back again. Its counts go on, so that nothing but a call that goes through ends them: see maxHeld. They begin at
// 0 after a call without a cursor, such as a return. A message that is newer than the given one went through by a call
// whose cursor the caller lacks: an upload, or a send whose answer was lost.
func (c *session) cursor(n int64, given ident.Cursor) string {
	if last, spoke := c.head.Recent.Said(c.me.Seat); spoke && !c.me.IsPerson() {
		given = afterMessage(last.N, given)
	}
	given.N, given.Held = n, false
	return given.String(c.token)
}
