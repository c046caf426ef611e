package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// ShortText is the length, in bytes, below which a repeated text can be meant again
// once another agent has spoken: "yes".
const ShortText = 40

// repeats returns the last message of a, if e repeats it; 0 if not. known is false if the
// index of h does not cover that message. read is the last event that the call's cursor
// shows as read; -1 without a cursor. If that precedes the message, the caller has not heard
// the answer of the call that said it, and e repeats it, however short it is and whoever has
// spoken since.
func repeats(h *room.Head, a room.Agent, e room.Event, fingerprint [16]byte, read int64,
	now time.Time) (n int64, known bool) {
	u, known := h.LastSaid(a, now)
	same := u.Fingerprint == fingerprint
	// the proposal may be the one that this vote has ended
	if e.IsVote() && e.ReplyTo == 0 && !h.Talk.AsksToAgree(a.Seat, now) {
		e.ReplyTo = u.ReplyTo
		same = u.Fingerprint == e.Fingerprint()
	}
	if u.N == 0 || !same || now.Sub(u.At) >= room.RepeatWindow {
		return 0, known
	}
	unheard := read >= 0 && read < u.N
	if e.File == nil && len(e.Text) < ShortText && h.Recent.NewestMessage(a.Seat) > u.N && !unheard {
		return 0, known
	}
	return u.N, known
}

// overtaken returns the one of said that e repeats; 0 if none. They are messages of its
// agent that may be newer than the call of e: then the client has given that call up, has
// repeated it elsewhere, and may have said more since. So neither the length of the text
// counts, nor who has spoken. The error is a *fault.Error: of a text that was removed
// nobody can tell whether e would bring it back.
func overtaken(said []room.Saying, e room.Event, fingerprint [16]byte) (n int64, err error) {
	for _, s := range said {
		same := s.Fingerprint == fingerprint
		if e.IsVote() && e.ReplyTo == 0 { // it must not become one on a later proposal
			vote := e
			vote.ReplyTo = s.ReplyTo
			same = s.Fingerprint == vote.Fingerprint()
		}
		switch {
		case s.Removed():
			err = fault.RetryLater(fault.Unavailable, 2*time.Second,
				"A text that you sent at the same time was removed, "+
					"and this may be the same one. Nothing was sent: if it is another, repeat this call in 2 seconds.")
		case same:
			return s.N, nil
		}
	}
	return 0, err
}
