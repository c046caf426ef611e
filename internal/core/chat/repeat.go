package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// ShortText is the length, in bytes, below which a repeated text can be meant again
// once another agent has spoken: "yes".
const ShortText = 40

// repeatedLast returns the last message of a, if e repeats it; 0 if not. known is false if the
// index of h does not cover that message. If the cursor of the call precedes the message, the
// caller has not heard the answer of the call that said it, and e repeats it, however short it
// is and whoever has spoken since.
func repeatedLast(h *room.Head, a room.Caller, e room.Event, fingerprint [16]byte, g guard,
	now time.Time) (n int64, known bool) {
	u, known := h.LastSaid(a.Agent, now)
	same := u.Fingerprint == fingerprint
	// the proposal may be the one that this vote has ended
	if e.IsVote() && e.ReplyTo == 0 && !h.Talk.AsksToAgree(a.Seat, now) {
		e.ReplyTo = u.ReplyTo
		same = u.Fingerprint == e.Fingerprint()
	}
	if u.N == 0 || !same || now.Sub(u.At) >= room.RepeatWindow {
		return 0, known
	}
	isShort := e.File == nil && len(e.Text) < ShortText
	if isShort && h.Recent.NewestMessage(a.Seat) > u.N && !g.hasNotHeard(u.N) {
		return 0, known
	}
	return u.N, known
}

// repeatedAmong returns the one of said that e repeats; 0 if none. They are messages of its
// agent that may be newer than the call of e: then the client has given that call up, has
// repeated it elsewhere, and may have said more since. So neither the length of the text
// counts, nor who has spoken. The error is a *fault.Error: of a text that was removed
// nobody can tell whether e would bring it back.
func repeatedAmong(said []room.Saying, e room.Event, fingerprint [16]byte) (n int64, err error) {
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

// findEarlier returns the verdict that the call repeats a message or an open draft of a, as of h, or that nobody
// can tell before more is looked up. A call with a key, and any of a person, is known by its key alone, which the
// table has: see lookUpKey.
func (op *sendOp) findEarlier(h *room.Head, a room.Caller, now time.Time) (verdict, error) {
	switch {
	case op.earlier.Draft && !a.HasDraft(op.earlier.N, now):
		return verdict{}, errDecided
	case op.earlier.N > 0 || op.req.Key != "" || a.RepeatsOnlyByKey():
		return verdict{sentAs: op.earlier}, nil
	}
	v, err := op.findRepeated(h, a, op.fingerprint, now)
	if v.ends() || err != nil {
		return v, err
	}
	return verdict{sentAs: draftOf(a.Agent, op.fingerprint, now)}, nil
}

// draftOf returns the open draft of a with this fingerprint.
func draftOf(a room.Agent, fingerprint [16]byte, now time.Time) roomlog.SentAs {
	n := a.FindDraft(fingerprint, now)
	return roomlog.SentAs{N: n, Draft: n > 0}
}

// findRepeated is findEarlier for the last message of a, and for those that may be newer than the call.
func (op *sendOp) findRepeated(h *room.Head, a room.Caller, fingerprint [16]byte, now time.Time) (verdict, error) {
	said, all := h.SaidSince(a.Agent, op.caller.start)
	n, err := repeatedAmong(said, op.event, fingerprint)
	switch {
	case n > 0 || err != nil:
		return verdict{sentAs: roomlog.SentAs{N: n}}, err
	case !all:
		return verdict{needs: needOlderLog}, nil
	}
	n, known := repeatedLast(h, a, op.event, fingerprint, op.guard, now)
	if !known {
		return verdict{needs: needLastMessage}, nil
	}
	return verdict{sentAs: roomlog.SentAs{N: n}}, nil
}

// loadLastMessage brings the seat's last message into the index of the head.
func (op *sendOp) loadLastMessage(ctx context.Context) error {
	return op.caller.room.log.Recall(ctx, op.began.Add(-room.RepeatWindow))
}

// readBack reads the log back to where the call began, since the index does not reach so
// far, and looks for the message that the call repeats.
func (op *sendOp) readBack(ctx context.Context) error {
	c := op.caller
	h := c.room.log.Peek()
	for e, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, h.AsOf+1) {
		if err != nil {
			return err
		}
		if !c.me.IsFor(e) { // an outline
			continue
		}
		if !c.start.Precedes(e.N, e.At()) {
			break
		}
		if e.Type != room.Said || e.Seat != c.me.Seat || e.Person {
			continue
		}
		n, err := repeatedAmong([]room.Saying{e.Saying()}, op.event, op.fingerprint)
		if n > 0 || err != nil {
			op.earlier.N = n
			return err
		}
	}
	// No event up to h needs another look, also if this clock is behind that of its writer.
	c.start = room.Start{At: room.Latest(c.room.svc.now(), time.UnixMilli(h.HeadMs)), Known: h.AsOf, Head: h.AsOf}
	return nil
}

// recordEarlier notes the message for which the idempotency key stands.
func (op *sendOp) recordEarlier(c table.Conflict) {
	if c.Item != nil {
		op.earlier = roomlog.ReadSent(*c.Item)
	}
}

// lookUpKey reports whether the idempotency key, if there is one, stands for a message that was not
// known yet, and notes that.
func (op *sendOp) lookUpKey(ctx context.Context) (said bool, err error) {
	if op.req.Key == "" {
		return false, nil
	}
	as, err := op.caller.room.log.Seats().Sent(ctx, op.caller.me, op.req.Key)
	said = as.N > 0 && as != op.earlier
	if said {
		op.earlier = as
	}
	return said, err
}

// checkKey refuses a call whose key of idempotency stands for another message or draft: "sent" would be said of words
// that nobody reads. A key belongs to the first message that was sent under it, as a draft, too, if its person sees it
// first. What was held back or refused has no message, so it binds no key.
//
// What the call says is compared with the event, the only place that has the words. An edited draft is compared as its
// agent wrote it. A removed text, and its file, are no longer there to compare, nor is an event that was lost: the call
// counts as a repetition in what cannot be compared.
//
// A key that the server made stands for what it was made for. An endpoint that is called once more for the same event
// may answer in other words, and the first answer stands. The bytes of an upload are compared by sharedBefore.
func (op *sendOp) checkKey(ctx context.Context, v verdict) error {
	if v.isNew() || v.sentAs.N == 0 || op.req.Key == "" || op.keyFromServer {
		return nil
	}
	log := op.caller.room.log
	e, err := log.Event(ctx, v.sentAs.N)
	if err == nil && e.Decides != 0 {
		e, err = log.Event(ctx, e.Decides)
	}
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && e.IsLost():
		return nil
	case err != nil:
		return err
	}
	asks := v.sentAs.Asks
	if e.Draft != nil {
		e = *e.Draft
		asks = len(e.Ask) > 0
	}
	field := op.differs(e, asks)
	if field == "" {
		return nil
	}
	rule := fault.RuleKey
	if field == theFile {
		rule = fault.RuleKeyFile
	}
	return fault.Refuse(fault.InvalidArgument, "idempotency_key: the message that you sent under this key has another "+
		"%s. Nothing was sent: to repeat that message, call as before; to say something else, give another key.",
		field).For(rule)
}

// theFile is what differs if a message has another file, or one has none.
const theFile = "file"

// differs returns the argument in which the call is not e, a message that names those whom it asks if asks is set; ""
// if it says the same. Names are compared, not seats: an agent may have left, and another may have its name.
func (op *sendOp) differs(e room.Event, asks bool) string {
	mine, me := op.event, op.caller.me
	text := "text"
	if op.fileName != "" {
		text = "note"
	}
	switch {
	case !e.Redacted && e.Text != mine.Text:
		return text
	case !e.Redacted && !op.sharesFile(e.File):
		return theFile
	case e.Kind != mine.Kind:
		return "kind"
	case e.Withdraws != mine.Withdraws:
		return "withdraw"
	case e.ReplyTo != mine.ReplyTo && !(e.IsVote() && mine.ReplyTo == 0): // such a vote has found its proposal
		return "reply_to"
	case !e.HasReadersOfAnother() && (len(e.To) > 0 != (len(op.req.To) > 0) || !sameCompany(me, e.ToNames, op.req.To)):
		return "to"
	case !op.asksAs(e, asks):
		return "ask"
	case !slices.Equal(slices.Sorted(slices.Values(e.Finishes)), slices.Sorted(slices.Values(mine.Finishes))):
		return "finishes"
	}
	return ""
}

// sharesFile reports whether the call shares f; nil is none. Of an upload that is yet to come only the name is known.
func (op *sendOp) sharesFile(f *room.File) bool {
	if f == nil || op.fileName == "" {
		return f == nil && op.fileName == ""
	}
	return f.Name == op.fileName && (op.event.File == nil || f.Sum == op.event.File.Sum)
}

// asksAs reports whether the call asks those whom e asks. A request that names nobody asks its addressees, and a
// proposal all who were there then. A call that asks only its sender asks nobody whom a message can ask.
func (op *sendOp) asksAs(e room.Event, asks bool) bool {
	switch me := op.caller.me; {
	case len(op.req.Ask) > 0:
		return len(e.AskNames) > 0 && sameCompany(me, e.AskNames, op.req.Ask)
	case e.Kind == room.Request:
		return sameCompany(me, e.AskNames, e.ToNames)
	}
	return !asks
}

// errDecided refuses to say what was a draft until the person decided, or for too long.
var errDecided = fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided "+
	"within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
	"idempotency_key.")

// keepAddressees reports whether the call repeats a message that names agents. Such a
// message keeps its addressees, even if they have left or others have their names.
// unfound says which of them cannot be found.
func (op *sendOp) keepAddressees(ctx context.Context, unfound error) bool {
	c := op.caller
	if op.req.Key != "" { // if there is no reason to refuse, the write finds out
		if fault.CodeOf(unfound) != fault.InvalidArgument {
			return false
		}
		said, err := op.lookUpKey(ctx)
		return said && err == nil
	}
	if c.me.RepeatsOnlyByKey() {
		return false
	}
	if _, known := c.head.LastSaid(c.me.Agent, op.began); !known {
		if op.loadLastMessage(ctx) == nil {
			c.head = c.room.log.Peek()
		}
	}

	// The messages that the call may repeat, as far as the index has them.
	said, _ := c.head.SaidSince(c.me.Agent, c.start)
	if u, known := c.head.LastSaid(c.me.Agent, op.began); known && op.began.Sub(u.At) < room.RepeatWindow {
		said = append(said, u.Saying)
	}

	// One says the same to the same names, and that counts as a repetition.
	for _, s := range said {
		e, err := c.room.log.Event(ctx, s.N)
		if err != nil || !op.saysSame(e) {
			continue
		}
		v, err := op.findRepeated(c.head, c.me, s.Fingerprint, op.began)
		if v.sentAs.N > 0 && err == nil {
			op.event.To, op.event.ToNames = e.To, e.ToNames
			return true
		}
	}
	return false
}

// saysSame reports whether e says to the same names what the call says.
func (op *sendOp) saysSame(e room.Event) bool {
	answered, _ := op.caller.head.MessageNumber(op.req.ReplyTo)
	return !e.Redacted && len(e.To) > 0 == (len(op.req.To) > 0) && !e.HasReadersOfAnother() &&
		e.Text == op.req.Text && sameFile(e.File, op.event.File) && e.ReplyTo == answered &&
		slices.Equal(e.Finishes, op.event.Finishes) && sameCompany(op.caller.me, e.ToNames, op.req.To)
}
