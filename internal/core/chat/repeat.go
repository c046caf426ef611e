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

// ShortText is the length in bytes below which a repeated text, such as "yes", is new once another agent has spoken.
const ShortText = 40

// repeatedLast returns the number of the last message of caller if event repeats that message, else 0. known is false
// if the index of head lacks the message. If the cursor of the call precedes the message, the caller has not received
// the answer to its send; then even a short text is a repetition, whoever has spoken since.
func repeatedLast(head *room.Head, caller room.Caller, event room.Event, fingerprint [16]byte, g guard,
	now time.Time) (n int64, known bool) {
	u, known := head.LastSaid(caller.Agent, now)
	same := u.Fingerprint == fingerprint
	// this vote may have ended its proposal
	if event.IsVote() && event.ReplyTo == 0 && !head.Talk.AsksToAgree(caller.Seat, now) {
		event.ReplyTo = u.ReplyTo
		same = u.Fingerprint == event.Fingerprint()
	}
	if u.N == 0 || !same || now.Sub(u.At) >= room.RepeatWindow {
		return 0, known
	}
	isShort := event.File == nil && len(event.Text) < ShortText && !event.HasReadersOfAnother() // taken once
	if isShort && head.Recent.NewestMessage(caller.Seat) > u.N && !g.hasNotHeard(u.N) {
		return 0, known
	}
	return u.N, known
}

// repeatedAmong returns the number of the message in said that is repeated by event, else 0. The messages in said may
// be newer than the call of event: the client may have given the call up, repeated the call elsewhere, and sent more
// since. So neither the length of the text nor later speakers count. If no message matches and one has a removed
// text, the error is a *fault.Error: event may repeat that text.
func repeatedAmong(said []room.Saying, event room.Event, fingerprint [16]byte) (n int64, err error) {
	for _, s := range said {
		same := s.Fingerprint == fingerprint
		if event.IsVote() && event.ReplyTo == 0 { // the vote must not count for a later proposal
			vote := event
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

// findEarlier returns, as of head, the repeated message or open draft of caller, or the need for a read. A call with
// a key, and each call of a person, is recognized by the key alone, which only the table has: see lookUpKey.
func (op *sendOp) findEarlier(head *room.Head, caller room.Caller, now time.Time) (verdict, error) {
	switch {
	case op.earlier.Draft && !caller.HasDraft(op.earlier.N, now):
		return verdict{}, errDecided
	case op.earlier.N > 0 || op.req.Key != "" || caller.RepeatsOnlyByKey():
		return verdict{sentAs: op.earlier}, nil
	}
	v, err := op.findRepeated(head, caller, op.fingerprint, now)
	if v.ends() || err != nil {
		return v, err
	}
	return verdict{sentAs: draftOf(caller.Agent, op.fingerprint, now)}, nil
}

// draftOf returns the open draft of a with this fingerprint.
func draftOf(a room.Agent, fingerprint [16]byte, now time.Time) roomlog.SentAs {
	n := a.FindDraft(fingerprint, now)
	return roomlog.SentAs{N: n, Draft: n > 0}
}

// findRepeated checks the last message of caller, and the messages that may be newer than the call.
func (op *sendOp) findRepeated(head *room.Head, caller room.Caller, fingerprint [16]byte, now time.Time) (verdict,
	error) {
	said, all := head.SaidSince(caller.Agent, op.session.start)
	n, err := repeatedAmong(said, op.event, fingerprint)
	switch {
	case n > 0 || err != nil:
		return verdict{sentAs: roomlog.SentAs{N: n}}, err
	case !all:
		return verdict{needs: needOlderLog}, nil
	}
	n, known := repeatedLast(head, caller, op.event, fingerprint, op.guard, now)
	if !known {
		return verdict{needs: needLastMessage}, nil
	}
	return verdict{sentAs: roomlog.SentAs{N: n}}, nil
}

// loadLastMessage loads the seat's last message into the index of the head.
func (op *sendOp) loadLastMessage(ctx context.Context) error {
	return op.session.room.log.ReadBack(ctx, op.began.Add(-room.RepeatWindow))
}

// readBack reads the log, beyond the index, back to the start of the call, and finds the repeated message.
func (op *sendOp) readBack(ctx context.Context) error {
	c := op.session
	head := c.room.log.Peek()
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, head.AsOf+1) {
		if err != nil {
			return err
		}
		if !c.me.IsFor(event) { // an outline
			continue
		}
		if !c.start.Precedes(event.N, event.At()) {
			break
		}
		if event.Type != room.Said || event.Seat != c.me.Seat || event.Person {
			continue
		}
		n, err := repeatedAmong([]room.Saying{event.Saying()}, op.event, op.fingerprint)
		if n > 0 || err != nil {
			op.earlier.N = n
			return err
		}
	}
	// The call need not read the events up to head again, even if this clock is behind the writer's.
	c.start = room.Start{At: room.Latest(c.room.svc.now(), time.UnixMilli(head.HeadMs)), Known: head.AsOf,
		HeadN: head.AsOf}
	return nil
}

// recordEarlier records the message for which the idempotency key stands.
func (op *sendOp) recordEarlier(c table.Conflict) {
	if c.Item != nil {
		op.earlier = roomlog.ReadSent(*c.Item)
	}
}

// lookUpKey looks up the idempotency key, if any. said reports whether the key stands for a message that was not known
// yet; then the message is recorded.
func (op *sendOp) lookUpKey(ctx context.Context) (said bool, err error) {
	if op.req.Key == "" {
		return false, nil
	}
	as, err := op.session.room.log.Items().Sent(ctx, op.session.me, op.req.Key)
	said = as.N > 0 && as != op.earlier
	if said {
		op.earlier = as
	}
	return said, err
}

// findTaken finds the vote or withdrawal of a person that a refused call repeats without a key, and records that event.
// A person who says the same twice means both, but the room takes a vote or a withdrawal once: the answer to the first,
// within room.RepeatWindow, may be lost. A vote without reply_to repeats the person's last vote, unless the vote may be
// meant for another proposal, which asks.
func (op *sendOp) findTaken(ctx context.Context) (said bool, err error) {
	c, mine, head := op.session, op.event, op.session.room.log.Peek()
	if !mine.HasReadersOfAnother() || op.req.Key != "" || !c.me.RepeatsOnlyByKey() ||
		mine.IsVote() && mine.ReplyTo == 0 && head.Talk.AsksToAgree(c.me.Seat, op.began) {
		return false, nil
	}
	event, err := c.findOwn(ctx, func(event room.Event) bool {
		return event.Person && event.IsVote() == mine.IsVote() && event.Withdraws == mine.Withdraws &&
			(mine.ReplyTo == event.ReplyTo || mine.IsVote() && mine.ReplyTo == 0)
	})
	mine.ReplyTo = event.ReplyTo
	said = event.N > 0 && event.Fingerprint() == mine.Fingerprint() // a removed text is like none
	if said {
		op.earlier = roomlog.SentAs{N: event.N}
	}
	return said, err
}

// findOwn returns the newest event of the caller's seat within room.RepeatWindow for which is reports true; the zero
// event if there is none.
func (c *session) findOwn(ctx context.Context, is func(room.Event) bool) (room.Event, error) {
	now := c.room.svc.now()
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, c.room.log.Peek().AsOf+1) {
		switch {
		case err != nil || now.Sub(event.At()) >= room.RepeatWindow:
			return room.Event{}, err
		case event.Seat == c.me.Seat && is(event):
			return event, nil
		}
	}
	return room.Event{}, nil
}

// checkKey refuses a call whose idempotency key stands for another message or draft. Otherwise the answer would be
// "sent" for words that nobody reads. The first message or draft that was stored under a key binds the key. A message
// that was held back or refused binds no key.
//
// The call is compared with the event, since only the event has the words; of an edited draft, the agent's own words
// are compared. Removed texts, removed files and lost events cannot be compared, and so count as equal.
//
// The server's own keys are not compared here. A second call of an endpoint for one event may get other words: the
// first answer stands. sharedBefore compares the bytes of an upload.
func (op *sendOp) checkKey(ctx context.Context, v verdict) error {
	if v.isNew() || v.sentAs.N == 0 || op.req.Key == "" || op.keyFromServer {
		return nil
	}
	log := op.session.room.log
	event, err := log.Event(ctx, v.sentAs.N)
	if err == nil && event.Decides != 0 {
		event, err = log.Event(ctx, event.Decides)
	}
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && event.IsLost():
		return nil
	case err != nil:
		return err
	}
	asks := v.sentAs.Asks
	if event.Draft != nil {
		event = *event.Draft
		asks = len(event.Ask) > 0
	}
	field := op.differs(event, asks)
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

// theFile is the name of the difference if the files of two messages differ, or only one message has a file.
const theFile = "file"

// differs returns the argument by which the call differs from the message event, else "". asks says that event asks
// agents by name. Names are compared, not seats: an agent may have left, and another may have its name.
func (op *sendOp) differs(event room.Event, asks bool) string {
	mine, me := op.event, op.session.me
	text := "text"
	if op.fileName != "" {
		text = "note"
	}
	switch {
	case !event.Redacted && event.Text != mine.Text:
		return text
	case !event.Redacted && !op.sharesFile(event.File):
		return theFile
	case event.Kind != mine.Kind:
		return "kind"
	case event.Withdraws != mine.Withdraws:
		return "withdraw"
	case event.ReplyTo != mine.ReplyTo && !(event.IsVote() && mine.ReplyTo == 0): // the stored vote names its proposal
		return "reply_to"
	case !event.HasReadersOfAnother() && (len(event.To) > 0 != (len(op.req.To) > 0) ||
		!sameCompany(me, event.ToNames, op.req.To)):
		return "to"
	case !op.asksAs(event, asks):
		return "ask"
	case !slices.Equal(slices.Sorted(slices.Values(event.Finishes)), slices.Sorted(slices.Values(mine.Finishes))):
		return "finishes"
	}
	return ""
}

// sharesFile reports whether the call shares f; nil is no file. Before an upload arrives only the name of its file is
// known.
func (op *sendOp) sharesFile(f *room.File) bool {
	if f == nil || op.fileName == "" {
		return f == nil && op.fileName == ""
	}
	return f.Name == op.fileName && (op.event.File == nil || f.Sum == op.event.File.Sum)
}

// asksAs reports whether the call asks the same agents as event. Without names, a request asks the addressees, and a
// proposal asks all. A call that names only the sender asks nobody.
func (op *sendOp) asksAs(event room.Event, asks bool) bool {
	switch me := op.session.me; {
	case len(op.req.Ask) > 0:
		return len(event.AskNames) > 0 && sameCompany(me, event.AskNames, op.req.Ask)
	case event.Kind == room.Request:
		return sameCompany(me, event.AskNames, event.ToNames)
	}
	return !asks
}

// errDecided refuses to send a draft again after the person has refused the draft, or left it for a day.
var errDecided = fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided "+
	"within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
	"idempotency_key.")

// repeatsToNamed reports whether the call repeats a message to named agents. Such a message keeps whom it names, even
// after they left or lost the name. unfound is the error of the unknown name.
func (op *sendOp) repeatsToNamed(ctx context.Context, unfound error) bool {
	c := op.session
	if op.req.Key != "" { // if all names were found, the append checks the key
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
			c.useHead(c.room.log.Peek())
		}
	}

	// The call may repeat one of the messages in the index.
	said, _ := c.head.SaidSince(c.me.Agent, c.start)
	if u, known := c.head.LastSaid(c.me.Agent, op.began); known && op.began.Sub(u.At) < room.RepeatWindow {
		said = append(said, u.Saying)
	}

	// A message with the same words to the same names may be the repeated one.
	for _, s := range said {
		event, err := c.room.log.Event(ctx, s.N)
		if err != nil || !op.saysSame(event) {
			continue
		}
		v, err := op.findRepeated(c.head, c.me, s.Fingerprint, op.began)
		if v.sentAs.N > 0 && err == nil {
			op.event.To, op.event.ToNames, op.event.Ask = event.To, event.ToNames, event.Ask
			return true
		}
	}
	return false
}

// saysSame reports whether e has the content of the call, to the same names.
func (op *sendOp) saysSame(e room.Event) bool {
	answered, _ := op.session.head.MessageNumber(op.req.ReplyTo)
	asksSame := e.Kind == room.Proposal || op.asksAs(e, len(e.AskNames) > 0)
	return !e.Redacted && len(e.To) > 0 == (len(op.req.To) > 0) && !e.HasReadersOfAnother() &&
		e.Text == op.req.Text && e.Kind == op.event.Kind && asksSame && sameFile(e.File, op.event.File) &&
		e.ReplyTo == answered && slices.Equal(e.Finishes, op.event.Finishes) &&
		sameCompany(op.session.me, e.ToNames, op.req.To)
}
