package wording

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
)

// ShortText is the length, in bytes, below which a repeated text can be meant again
// once another agent has spoken: "yes".
const ShortText = 40

// Repeats returns the last message of a, if e repeats it; 0 if not. known is false if the
// index of h does not cover that message. read is the last event that the call's cursor
// shows as read; -1 without a cursor. If that precedes the message, the caller has not heard
// the answer of the call that said it, and e repeats it, however short it is and whoever has
// spoken since.
func Repeats(h *room.Head, a room.Agent, e room.Event, fingerprint [16]byte, read int64, now time.Time) (n int64, known bool) {
	u, known := h.LastSaid(a, now)
	same := u.Fingerprint == fingerprint
	if e.IsVote() && e.ReplyTo == 0 && !h.Talk.AsksToAgree(a.Seat, now) { // the proposal may be the one that this vote has ended
		e.ReplyTo = u.ReplyTo
		same = u.Fingerprint == room.Fingerprint(e)
	}
	if u.N == 0 || !same || now.Sub(u.At) >= room.RepeatWindow {
		return 0, known
	}
	unheard := read >= 0 && read < u.N
	if len(e.Text) < ShortText && h.Recent.NewestMessage(a.Seat) > u.N && !unheard {
		return 0, known
	}
	return u.N, known
}
