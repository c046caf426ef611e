package chat

import (
	"github.com/parley-chat/parley/internal/base/fault"
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

// checkCursor refuses a wait of an agent without a cursor of its own: nothing would show which messages have arrived.
func (c *session) checkCursor(given string) error {
	if _, ok := c.readCursor(given); ok {
		return nil
	}
	what := "missing"
	if given != "" {
		what = "none of yours (an id is no cursor)"
	}
	return fault.Refuse(fault.InvalidArgument, "cursor is %s. Nothing was done: give the cursor of your last result. "+
		"If you lost it, join_room with only agent_token gives you one, with what you may have missed.", what)
}

// ownCursor returns the cursor of an answer that hands nothing out, and how far the caller has read: the cursor given,
// if it is one of the caller's; else none, and how far this process has handed out events to the caller.
func (c *session) ownCursor(given string) (cursor string, read int64) {
	if named, ok := c.readCursor(given); ok {
		return given, named.N
	}
	return "", c.reader().HandedOutHere()
}

// afterMessage returns the cursor that was given with a call whose message is event n; 0: none. If n is newer than the
// cursor, the message went through, and others may hold back the next one. A repeated call, too, may have lost the
// answer that said so.
func afterMessage(n int64, given ident.Cursor) ident.Cursor {
	given.HeldMessage = given.HeldMessage && n <= given.N
	return given
}

// cursorAfter is afterMessage for an answer that hands nothing out.
func (c *session) cursorAfter(n int64, given string) string {
	return c.changed(given, func(named ident.Cursor) ident.Cursor { return afterMessage(n, named) })
}

// cursorAfterAct returns the cursor of an answer to a change of tasks that went through: others may hold back the next
// one.
func (c *session) cursorAfterAct(given string) string {
	return c.changed(given, func(named ident.Cursor) ident.Cursor { named.HeldAct = false; return named })
}

// changed returns the cursor given, as change has it.
func (c *session) changed(given string, change func(ident.Cursor) ident.Cursor) string {
	named, ok := c.readCursor(given)
	if next := change(named); ok && next != named {
		return next.String(c.token)
	}
	return given
}

// cursor returns the cursor of an answer, at event n: see cursorAt.
func (c *session) cursor(n int64, given ident.Cursor) string {
	return c.cursorAt(n, given).String(c.token)
}

// cursorAt returns the cursor given at event n. It keeps HeldMessage and HeldAct, which only a call that goes through
// ends. Without a cursor given, as after a return, they are not set. A message of the caller may be newer than the
// cursor given: an upload sent the message, or the answer to its send was lost. That message went through.
func (c *session) cursorAt(n int64, given ident.Cursor) ident.Cursor {
	if last, spoke := c.head.Recent.Said(c.me.Seat); spoke && c.me.IsHeldBack() {
		given = afterMessage(last.N, given)
	}
	given.N = n
	return given
}
