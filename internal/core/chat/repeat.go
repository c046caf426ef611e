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

// findEarlier returns, as of a place, the repeated message or open draft of the caller, or the need for a read. A call
// with a key, and each call of a person, is recognized by the key alone, which only the table has: see lookUpKey.
func (o *outgoing) findEarlier(k known, at place) (verdict, error) {
	switch {
	case k.earlier.Draft && !at.caller.HasDraft(k.earlier.N, at.now):
		return verdict{}, errDecided
	case k.earlier.N > 0 || o.req.Key != "" || at.caller.RepeatsOnlyByKey():
		return verdict{sentAs: k.earlier}, nil
	}
	fingerprint := o.event.Fingerprint()
	v, err := o.findRepeated(k, at, fingerprint)
	if v.ends() || err != nil {
		return v, err
	}
	return verdict{sentAs: draftOf(at.caller.Agent, fingerprint, at.now)}, nil
}

// draftOf returns the open draft of a with this fingerprint.
func draftOf(a room.Agent, fingerprint [16]byte, now time.Time) roomlog.SentAs {
	n := a.FindDraft(fingerprint, now)
	return roomlog.SentAs{N: n, Draft: n > 0}
}

// findRepeated checks the last message of caller, and the messages that may be newer than the call.
func (o *outgoing) findRepeated(k known, at place, fingerprint [16]byte) (verdict, error) {
	said, all := at.head.SaidSince(at.caller.Agent, k.start)
	n, err := repeatedAmong(said, o.event, fingerprint)
	switch {
	case n > 0 || err != nil:
		return verdict{sentAs: roomlog.SentAs{N: n}}, err
	case !all:
		return verdict{needs: needOlderLog}, nil
	}
	n, indexed := repeatedLast(at.head, at.caller, o.event, fingerprint, k.guard, at.now)
	if !indexed {
		return verdict{needs: needLastMessage}, nil
	}
	return verdict{sentAs: roomlog.SentAs{N: n}}, nil
}

// loadLastMessage loads the seat's last message into the index of the head.
func (c *session) loadLastMessage(ctx context.Context) error {
	return c.room.log.ReadBack(ctx, c.start.At.Add(-room.RepeatWindow))
}

// readBack reads the log, beyond the index, back to the start of the call, and finds the repeated message.
func (c *session) readBack(ctx context.Context, o *outgoing, k known) (known, error) {
	head, fingerprint := c.room.log.Peek(), o.event.Fingerprint()
	for event, err := range c.room.log.Pages(c.me, roomlog.PageEvents).Back(ctx, head.AsOf+1) {
		if err != nil {
			return k, err
		}
		if !c.me.IsFor(event) { // an outline
			continue
		}
		if !k.start.Precedes(event.N, event.At()) {
			break
		}
		if event.Type != room.Said || event.Seat != c.me.Seat || event.Person {
			continue
		}
		n, err := repeatedAmong([]room.Saying{event.Saying()}, o.event, fingerprint)
		if n > 0 || err != nil {
			k.earlier.N = n
			return k, err
		}
	}
	// The call need not read the events up to head again, even if this clock is behind the writer's.
	k.start = room.Start{At: room.Latest(c.room.svc.now(), time.UnixMilli(head.HeadMs)), Known: head.AsOf,
		HeadN: head.AsOf}
	return k, nil
}

// lookUpKey returns the message for which an idempotency key stands; N is 0: none.
func (c *session) lookUpKey(ctx context.Context, key string) (roomlog.SentAs, error) {
	if key == "" {
		return roomlog.SentAs{}, nil
	}
	return c.room.log.Items().Sent(ctx, c.me, key)
}

// findTaken returns the vote or withdrawal of a person that a refused call repeats without a key; N is 0: none. A
// person who says the same twice means both, but the room takes a vote or a withdrawal once: the answer to the first,
// within room.RepeatWindow, may be lost. A vote without reply_to repeats the person's last vote, unless the vote may be
// meant for another proposal, which asks.
func (c *session) findTaken(ctx context.Context, o *outgoing) (taken roomlog.SentAs, err error) {
	mine, head := o.event, c.room.log.Peek()
	if !mine.HasReadersOfAnother() || o.req.Key != "" || !c.me.RepeatsOnlyByKey() ||
		mine.IsVote() && mine.ReplyTo == 0 && head.Talk.AsksToAgree(c.me.Seat, c.start.At) {
		return taken, nil
	}
	event, err := c.findOwn(ctx, func(event room.Event) bool {
		return event.Person && event.IsVote() == mine.IsVote() && event.Withdraws == mine.Withdraws &&
			(mine.ReplyTo == event.ReplyTo || mine.IsVote() && mine.ReplyTo == 0)
	})
	mine.ReplyTo = event.ReplyTo
	if event.N > 0 && event.Fingerprint() == mine.Fingerprint() { // a removed text is like none
		taken.N = event.N
	}
	return taken, err
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
func (c *session) checkKey(ctx context.Context, o *outgoing, earlier roomlog.SentAs) error {
	if earlier.N == 0 || o.req.Key == "" || o.keyFromServer {
		return nil
	}
	log := c.room.log
	event, err := log.Event(ctx, earlier.N)
	if err == nil && event.Decides != 0 {
		event, err = log.Event(ctx, event.Decides)
	}
	switch {
	case errors.Is(err, table.ErrNotFound), err == nil && event.IsLost():
		return nil
	case err != nil:
		return err
	}
	asks := earlier.Asks
	if event.Draft != nil {
		event = *event.Draft
		asks = len(event.Ask) > 0
	}
	field := o.differs(c.me, event, asks)
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
func (o *outgoing) differs(me room.Caller, event room.Event, asks bool) string {
	mine := o.event
	text := "text"
	if o.fileName != "" {
		text = "note"
	}
	switch {
	case !event.Redacted && event.Text != mine.Text:
		return text
	case !event.Redacted && !o.sharesFile(event.File):
		return theFile
	case event.Kind != mine.Kind:
		return "kind"
	case event.Withdraws != mine.Withdraws:
		return "withdraw"
	case event.ReplyTo != mine.ReplyTo && !(event.IsVote() && mine.ReplyTo == 0): // the stored vote names its proposal
		return "reply_to"
	case !event.HasReadersOfAnother() && (len(event.To) > 0 != (len(o.req.To) > 0) ||
		!sameCompany(me, event.ToNames, o.req.To)):
		return "to"
	case !o.asksAs(me, event, asks):
		return "ask"
	case !slices.Equal(slices.Sorted(slices.Values(event.Finishes)), slices.Sorted(slices.Values(mine.Finishes))):
		return "finishes"
	}
	return ""
}

// sharesFile reports whether the call shares f; nil is no file. Before an upload arrives only the name of its file is
// known.
func (o *outgoing) sharesFile(f *room.File) bool {
	if f == nil || o.fileName == "" {
		return f == nil && o.fileName == ""
	}
	return f.Name == o.fileName && (o.event.File == nil || f.Sum == o.event.File.Sum)
}

// asksAs reports whether the call asks the same agents as event. Without names, a request asks the addressees, and a
// proposal asks all. A call that names only the sender asks nobody.
func (o *outgoing) asksAs(me room.Caller, event room.Event, asks bool) bool {
	switch {
	case len(o.req.Ask) > 0:
		return len(event.AskNames) > 0 && sameCompany(me, event.AskNames, o.req.Ask)
	case event.Kind == room.Request:
		return sameCompany(me, event.AskNames, event.ToNames)
	}
	return !asks
}

// errDecided refuses to send a draft again after the person has refused the draft, or left it for a day.
var errDecided = fault.Refuse(fault.NotAllowed, "Your user has not let you send this message, or has not decided "+
	"within a day. Nothing was sent: call wait_for_message, and send something else, if anything, under another "+
	"idempotency_key.")

// findRepeatedToNamed returns the message to named agents that the call repeats, and the event of o with the
// addressees of that message: a message keeps whom it names, even after they left or lost the name. N is 0: none is
// found. unfound is the error of a name that nobody here has. The addressees of a message that is known by its key are
// left out.
func (c *session) findRepeatedToNamed(ctx context.Context, o outgoing, k known, unfound error) (e room.Event,
	earlier roomlog.SentAs) {
	e = o.event
	if o.req.Key != "" { // if all names were found, the append checks the key
		if fault.CodeOf(unfound) != fault.InvalidArgument {
			return e, earlier
		}
		earlier, err := c.lookUpKey(ctx, o.req.Key)
		if err != nil {
			return e, roomlog.SentAs{}
		}
		return e, earlier
	}
	if c.me.RepeatsOnlyByKey() {
		return e, earlier
	}
	if _, indexed := c.head.LastSaid(c.me.Agent, c.start.At); !indexed {
		if c.loadLastMessage(ctx) == nil {
			c.moveOn()
		}
	}

	// The call may repeat one of the messages in the index.
	said, _ := c.head.SaidSince(c.me.Agent, k.start)
	if u, indexed := c.head.LastSaid(c.me.Agent, c.start.At); indexed && c.start.At.Sub(u.At) < room.RepeatWindow {
		said = append(said, u.Saying)
	}

	// A message with the same words to the same names may be the repeated one.
	for _, s := range said {
		event, err := c.room.log.Event(ctx, s.N)
		if err != nil || !c.saysSame(&o, event) {
			continue
		}
		v, err := o.findRepeated(k, place{head: c.head, caller: c.me, now: c.start.At}, s.Fingerprint)
		if v.sentAs.N > 0 && err == nil {
			e.To, e.ToNames, e.Ask = event.To, event.ToNames, event.Ask
			return e, v.sentAs
		}
	}
	return e, earlier
}

// answerRepeated returns what came of a message that the call repeats: nothing is proposed again. The event of o may
// lack addressees that have left, and without addressees it would be a message to all.
func (c *session) answerRepeated(ctx context.Context, o *outgoing, earlier roomlog.SentAs) (*outcome, error) {
	v, err := o.findEarlier(known{earlier: earlier}, place{caller: c.me, now: c.room.svc.now()})
	if err == nil {
		err = c.checkKey(ctx, o, v.sentAs)
	}
	if err != nil {
		return nil, err
	}
	return c.result(ctx, o, v.fate()), nil
}

// saysSame reports whether e has the content of the call, to the same names.
func (c *session) saysSame(o *outgoing, e room.Event) bool {
	answered, _ := c.head.MessageNumber(o.req.ReplyTo)
	asksSame := e.Kind == room.Proposal || o.asksAs(c.me, e, len(e.AskNames) > 0)
	return !e.Redacted && len(e.To) > 0 == (len(o.req.To) > 0) && !e.HasReadersOfAnother() &&
		e.Text == o.req.Text && e.Kind == o.event.Kind && asksSame && sameFile(e.File, o.event.File) &&
		e.ReplyTo == answered && slices.Equal(e.Finishes, o.event.Finishes) &&
		sameCompany(c.me, e.ToNames, o.req.To)
}
