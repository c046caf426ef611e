package chat

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
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
		if next := showing(c, named, named); c.answers != 0 && next != named {
			given = next.String(c.token)
		}
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

// cursorAfter is afterMessage for an answer that hands nothing out; with isAct the same of a change of tasks that went
// through.
func (c *session) cursorAfter(n int64, isAct bool, given string) string {
	named, ok := c.readCursor(given)
	next := afterMessage(n, named)
	next.HeldAct = next.HeldAct && !isAct
	if ok && next != named {
		return next.String(c.token)
	}
	return given
}

// cursor returns the cursor of an answer, at event n: see cursorAt.
func (c *session) cursor(n int64, given ident.Cursor) string {
	return cursorAt(c, n, given).String(c.token)
}

// cursorAt returns the cursor given at event n. It keeps HeldMessage and HeldAct, which only a call that goes through
// ends. Without a cursor given, as after a return, they are not set. A message of the caller may be newer than the
// cursor given: an upload sent the message, or the answer to its send was lost. That message went through.
func cursorAt(c *session, n int64, given ident.Cursor) ident.Cursor {
	if last, spoke := c.head.Recent.Said(c.me.Seat); spoke && c.me.IsHeldBack() {
		given = afterMessage(last.N, given)
	}
	next := given
	next.N = n
	return showing(c, next, given)
}

// shown is of which of the seat's own calls a cursor shows that the answer has arrived: of all up to the cursor, and
// Ahead more, but those of Untold.
type shown struct {
	calls  []room.Made
	upTo   int // how many of calls, and of those that head lacks
	untold uint8
}

func shownBy(head *room.Head, me room.Caller, cursor ident.Cursor) shown {
	s := shown{calls: head.Recent.Made(me), untold: cursor.Untold}
	s.upTo = s.countUpTo(cursor.N)
	if s.upTo > 0 || len(s.calls) < room.KeptCalls && head.Recent.From <= cursor.N+1 { // else some after N may lack
		s.upTo += cursor.Ahead
	}
	return s
}

// countUpTo returns how many of the calls are up to event n.
func (s shown) countUpTo(n int64) int {
	i, _ := slices.BinarySearchFunc(s.calls, n+1, func(m room.Made, n int64) int { return cmp.Compare(m.N, n) })
	return i
}

// has reports whether the cursor shows the answer to call i.
func (s shown) has(i int) bool {
	back := s.upTo - 1 - i
	return back >= 0 && s.untold>>back&1 == 0
}

// showing returns next, a cursor of the caller, with what it shows of the caller's own calls: what given shows, and the
// call that the session answers.
func showing(c *session, next, given ident.Cursor) ident.Cursor {
	s := shownBy(c.head, c.me, given)
	has := func(i int) bool {
		return s.has(i) || c.answers != 0 && i < len(s.calls) &&
			(s.calls[i].N == c.answers || s.calls[i].As == c.answers)
	}
	from := s.countUpTo(next.N)
	next.Ahead, next.Untold = 0, 0
	for i := from; i < max(len(s.calls), s.upTo) && i < from+ident.MaxAhead; i++ {
		if has(i) {
			next.Ahead = i + 1 - from
		}
	}
	last := from + next.Ahead - 1
	for i := last; i >= max(0, last-7); i-- {
		if !has(i) {
			next.Untold |= 1 << (last - i)
		}
	}
	return next
}

// digestOf returns a digest of the arguments of a call, as typed.
func digestOf(arguments ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", arguments))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// findMade returns the call of the caller of a place that a call with this digest repeats: the server then does nothing
// again, and answers as before. With a cursor that is one of the last calls whose answer the cursor does not show: Ann,
// who got no answer to "yes", repeats it with her old cursor, or with one that a wait has made of it. With a cursor
// that shows the answer, "yes" is said again. Without a cursor it is the last call, and only while nobody has said
// anything since. N is 0: there is none. talk: said again.
func findMade(at place, digest string, cursor ident.Cursor, given bool) (room.Made, error) {
	if !at.head.Recent.Reaches(at.now.Add(-room.RepeatWindow)) {
		return room.Made{}, needCalls
	}
	calls := at.head.Recent.Made(at.caller)
	shown := shownBy(at.head, at.caller, cursor)
	byCursor := given && cursor.N <= at.head.AsOf
	for i, made := range slices.Backward(calls) {
		if made.Call != digest || !made.IsSince(at.now) {
			continue
		}
		heard := at.head.Recent.NewestMessage(at.caller.Seat) // the user may have sent the draft
		isLast := i == len(calls)-1 && (heard < made.N || heard == made.As)
		if byCursor && !shown.has(i) || !byCursor && (isLast || at.caller.IsPerson()) { // who has no cursor for tasks
			return made, nil
		}
	}
	return room.Made{}, nil
}

// longestCall is how long after its beginning a call without a key writes: its client may have given it up, repeated it
// and gone on, until nothing shows the repetition any more.
const longestCall = time.Minute

// checkLate refuses a call that hung.
func checkLate(began, now time.Time) error {
	if now.Sub(began) <= longestCall {
		return nil
	}
	return fault.RetryLater(fault.Unavailable, time.Second, "This call took more than a minute to begin. Nothing was "+
		"done: if you still want it, call again.")
}
