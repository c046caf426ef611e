package chat

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// digest returns a digest of the call: of all arguments but cursor, waiting, presence and key. Names are as typed: what
// was said to Bob, who has left, is not said to another Bob.
func (o *outgoing) digest() string {
	tool, req, sum := "send", &o.req, ""
	if o.fileName != "" {
		tool = "file"
	}
	if o.event.File != nil {
		sum = o.event.File.Sum
	}
	return digestOf(tool, req.Text, o.event.Kind, req.To, req.Ask, req.ReplyTo, req.Withdraw, req.Finishes, o.fileName,
		sum)
}

// again returns the message or open draft that o repeats, as of a place; N is 0: none.
func (o *outgoing) again(k known, at place) (roomlog.SentAs, error) {
	earlier := k.earlier
	if earlier.N == 0 && o.req.Key == "" { // only the table knows what a key stands for: see lookUpKey
		made, err := findMade(at, o.said, k.guard.cursor, k.guard.on)
		if err != nil {
			return earlier, err
		}
		earlier = roomlog.SentAs{N: cmp.Or(made.As, made.N), Draft: made.Draft && made.As == 0}
	}
	return earlier, checkOpenDraft(earlier, at.caller, at.now)
}

// findSince looks for the message of a call that the rules refuse, or for which they need more: an earlier call may
// have sent it meanwhile. stops says that the message stays unsent if nothing is found. found is false if k has what is
// found.
func (c sending) findSince(ctx context.Context, o *outgoing, k known, stops bool) (_ known, found bool, err error) {
	earlier, err := c.lookUpKey(ctx, o.req.Key)
	if stops && err == nil && earlier.N == 0 {
		earlier, err = c.findTaken(ctx, o)
	}
	if err != nil || earlier.N == 0 || earlier == k.earlier {
		return k, false, err
	}
	k.earlier = earlier
	return k, true, nil
}

// lookUpKey returns the message for which an idempotency key stands; N is 0: none.
func (c sending) lookUpKey(ctx context.Context, key string) (roomlog.SentAs, error) {
	if key == "" {
		return roomlog.SentAs{}, nil
	}
	return c.room.log.Items().Sent(ctx, c.me, key)
}

// findTaken returns the vote or withdrawal of the caller that a call repeats without a key; N is 0: none. The room
// takes it once, so whatever else the caller has said since, it is done if it is the caller's last on that proposal or
// request. A vote without reply_to repeats the caller's last vote, within room.RepeatWindow, unless it may be meant for
// another proposal: one that asks, or is newer.
func (c sending) findTaken(ctx context.Context, o *outgoing) (taken roomlog.SentAs, err error) {
	mine := o.event
	head, on := c.room.log.Peek(), max(mine.ReplyTo, mine.Withdraws)
	if !mine.HasReadersOfAnother() || o.req.Key != "" || on == 0 && head.Talk.AsksToAgree(c.me.Seat, c.began) {
		return taken, nil
	}
	isTooOld := func(event room.Event) bool { return event.N <= max(on, head.AsOf-core.MaxBack) }
	if on == 0 {
		isTooOld = func(event room.Event) bool {
			return event.Kind == room.Proposal && c.me.Sees(event) || c.began.Sub(event.At()) >= room.RepeatWindow
		}
	}
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, head.AsOf+1) {
		if err != nil || isTooOld(event) {
			return taken, err
		}
		if event.Actor() == c.me.Seat && event.Person == c.me.IsPerson() && mine.IsOnTheSameAs(event) {
			if mine.Kind == event.Kind && mine.Text == event.Text {
				taken.N = event.N
			}
			return taken, nil
		}
	}
	return taken, nil
}

// checkKey refuses a call whose idempotency key stands for another message or draft. Otherwise the answer would be
// "sent" for words that nobody reads. The first message or draft that was stored under a key binds it. What was removed
// or lost, and the message of an older program, counts as the same. The server's own keys are not compared: a second
// call of an endpoint for one event may get other words, and the first answer stands; sharedBefore compares the bytes
// of an upload.
func (c sending) checkKey(ctx context.Context, o *outgoing, earlier roomlog.SentAs) error {
	if earlier.N == 0 || o.req.Key == "" || o.keyFromServer {
		return nil
	}
	event, err := c.room.log.Event(ctx, earlier.N)
	if err == nil && event.Decides != 0 {
		event, err = c.room.log.Event(ctx, event.Decides)
	}
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && !event.IsOfOther(o.said):
		return nil
	case err != nil:
		return err
	}
	return fault.Refuse(fault.InvalidArgument, "idempotency_key: you have sent another message under this key. "+
		"Nothing was sent: to repeat that message, call as before; to say something else, give another key.").
		For(fault.RuleKey)
}

// answerRepeated returns what came of a message that the call repeats: nothing is proposed again. The event of o may
// lack addressees that have left, and without addressees it would be a message to all.
func (c sending) answerRepeated(ctx context.Context, o *outgoing, earlier roomlog.SentAs) (*outcome, error) {
	err := checkOpenDraft(earlier, c.me, c.room.svc.now())
	if err == nil {
		err = c.checkKey(ctx, o, earlier)
	}
	if err != nil {
		return nil, err
	}
	return c.result(ctx, o, known{}, verdict{ruling: repeated, sentAs: earlier}), nil
}

// checkOpenDraft refuses a repetition of a draft that is not open any more.
func checkOpenDraft(earlier roomlog.SentAs, caller room.Caller, now time.Time) error {
	if earlier.Draft && !caller.HasDraft(earlier.N, now) {
		return errDecided
	}
	return nil
}

// errDecided refuses to send a draft again after the person has refused the draft, or left it for a day.
var errDecided = fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided "+
	"within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
	"idempotency_key.")
